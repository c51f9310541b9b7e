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
    if (!facts_.reply_metadata) facts_.reply_metadata = std::make_unique<Metadata>();
    facts_.reply_metadata->set(name, value);
}

const Metadata& Context::reply_metadata() const noexcept {
    return or_none(facts_.reply_metadata);
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
