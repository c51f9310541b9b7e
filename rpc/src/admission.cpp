#include "admission.h"

#include <string>

namespace rollcall::rpc {
namespace {

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
        slots.in_flight = Slot{method.in_flight, limit};
        if (!slots.in_flight) {
            return overloaded(
                load,
                "as many requests of '" + method.name +
                    "' as it may have are under way: " + std::to_string(limit)
            );
        }
    }
    if (method.handler->run_on() == RunOn::pool) {
        slots.queued = Slot{load.queued, load.max_queued};
        if (!slots.queued) {
            return overloaded(
                load,
                "too many requests wait for a thread of the pool: " +
                    std::to_string(load.max_queued)
            );
        }
    }
    return slots;
}

}  // namespace rollcall::rpc
