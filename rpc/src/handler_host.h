#pragma once
// What handlers of one server or one client share.

#include <rollcall/base/catching.h>
#include <rollcall/base/log.h>
#include <rollcall/rpc/middleware.h>

#include "handler_load.h"
#include "io_thread.h"
#include "method_table.h"
#include "request_budget.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::rpc {

// Filled before the first request, read by all I/O threads afterwards. Outlives its server or
// client as long as connections or handlers hold it.
struct HandlerHost {
    std::shared_ptr<const MethodTable> methods;
    std::shared_ptr<RequestBudget> budget;
    std::optional<HandlerExecutor> pool;  // set if a handler needs it
    const std::shared_ptr<HandlerLoad> load = std::make_shared<HandlerLoad>();
    Log log;
    Middlewares middleware;                          // that requests go through
    std::shared_ptr<CallMetrics> metrics;            // null: calls are not counted
    CallMetrics::Method* unknown_methods = nullptr;  // of those, if any
    // Empty, or what the program wants to do when a peer comes and goes.
    std::function<void(const Peer&)> on_connect;
    std::function<void(const Peer&, std::string_view)> on_disconnect;

    // `io`: that of the connection's I/O thread.
    [[nodiscard]] const HandlerExecutor& executor_for(
        const Handler& handler, const HandlerExecutor& io
    ) const {
        return handler.run_on() == RunOn::pool ? *pool : io;
    }

    void tell_connected(const Peer& peer) const {
        if (!on_connect) return;
        guarded("on_connect", [&] { on_connect(peer); });
    }

    void tell_disconnected(const Peer& peer, std::string_view reason) const {
        if (!on_disconnect) return;
        guarded("on_disconnect", [&] { on_disconnect(peer, reason); });
    }

private:
    // What the program throws there has nobody to tell.
    template <class Act>
    void guarded(const char* what, Act&& act) const {
        const Result<void> done = catching(Errc::handler_failed, [&]() -> Result<void> {
            act();
            return {};
        });
        if (!done) log.error(std::string{what} + ": " + done.error().message());
    }
};

}  // namespace rollcall::rpc
