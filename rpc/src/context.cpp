#include <rollcall/rpc/context.h>

namespace rollcall::rpc {
namespace {

thread_local const Context* current_context = nullptr;

const Metadata& or_none(const std::unique_ptr<Metadata>& metadata) noexcept {
    static const Metadata kNone;
    return metadata ? *metadata : kNone;
}

}  // namespace

const Metadata& Context::metadata() const noexcept {
    return or_none(facts_.metadata);
}

void Context::reply_with(std::string_view name, std::string_view value) {
    if (!reply_metadata_) reply_metadata_ = std::make_unique<Metadata>();
    reply_metadata_->set(name, value);
}

const Metadata& Context::reply_metadata() const noexcept {
    return or_none(reply_metadata_);
}

const Context* Context::current() noexcept {
    return current_context;
}

ContextScope::ContextScope(const Context& context) noexcept : before_(current_context) {
    current_context = &context;
}

ContextScope::~ContextScope() {
    current_context = before_;
}

}  // namespace rollcall::rpc
