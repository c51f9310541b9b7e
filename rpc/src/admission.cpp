#include "admission.h"

#include <string>

namespace rollcall::rpc {
namespace {

// Counted first: of two that come at once at most one takes the last place.
bool take(std::atomic<std::size_t>& counter, std::size_t limit) noexcept {
    if (counter.fetch_add(1) < limit) return true;
    counter.fetch_sub(1);
    return false;
}

Error overloaded(HandlerLoad& load, std::string why) {
    load.overloaded.fetch_add(1, std::memory_order_relaxed);
    return Error{Errc::overloaded, std::move(why)};
}

}  // namespace

Result<RequestSlots> take_slots(const MethodEntry& method, HandlerLoad& load) {
    RequestSlots slots;
    slots.max_wait = load.max_wait;
    slots.overloaded = &load.overloaded;
    const std::size_t limit = method.handler->max_in_flight();
    if (limit > 0) {
        if (!take(method.in_flight, limit)) {
            return overloaded(
                load,
                "as many requests of '" + method.name +
                    "' as it may have are under way: " + std::to_string(limit)
            );
        }
        slots.in_flight = &method.in_flight;
    }
    if (method.handler->run_on() == RunOn::pool) {
        if (!take(load.queued, load.max_queued)) {
            if (slots.in_flight != nullptr) slots.in_flight->fetch_sub(1);
            return overloaded(
                load,
                "too many requests wait for a thread of the pool: " +
                    std::to_string(load.max_queued)
            );
        }
        slots.queued = &load.queued;
    }
    return slots;
}

}  // namespace rollcall::rpc
