#pragma once
// Whether there is room for a handler that does not end at once.

#include <rollcall/base/result.h>
#include <rollcall/rpc/reply.h>

#include "handler_load.h"
#include "method_table.h"

namespace rollcall::rpc {

// Takes what the request will hold until it begins and until it has ended, or says `overloaded`:
// then nothing is held. Any thread.
[[nodiscard]] Result<RequestSlots> take_slots(const MethodEntry& method, HandlerLoad& load);

}  // namespace rollcall::rpc
