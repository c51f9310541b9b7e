#include <rollcall/rpc/context.h>

namespace rollcall::rpc {
namespace {

thread_local const Context* current_context = nullptr;

}  // namespace

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
