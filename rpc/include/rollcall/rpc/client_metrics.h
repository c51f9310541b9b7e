#pragma once
// A layer that counts the calls that a client makes.

#include <rollcall/rpc/call_metrics.h>
#include <rollcall/rpc/middleware.h>

#include <memory>

namespace rollcall::rpc {

// For clients; a server counts by itself (Server::method_stats()). Every call and notification is
// counted by its method's name and how it ended, also one that was never sent; of a ServiceClient
// each attempt. The time is all that the call took. Add it first: what a layer outside of it
// refuses does not come here. Several clients may feed the same counters, which are read at any
// time (CallMetrics::read(), InspectorOptions::client_metrics). Throws std::invalid_argument
// without.
[[nodiscard]] MiddlewarePtr client_metrics(std::shared_ptr<CallMetrics> metrics);

}  // namespace rollcall::rpc
