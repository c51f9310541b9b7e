#pragma once
// A look into a server, for whoever shows how it is.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/result.h>
#include <rollcall/rpc/call_metrics.h>
#include <rollcall/rpc/server_facts.h>

#include <memory>
#include <string>
#include <vector>

namespace rollcall::rpc {

class ServerCore;

// Copies look into the same server. They keep nothing alive: of a server that has been destroyed
// the status is `stopped` and everything else is empty. Nothing here disturbs the I/O threads.
// Thread safety: any thread.
class ServerView {
public:
    explicit ServerView(std::weak_ptr<ServerCore> core) noexcept : core_(std::move(core)) {}

    [[nodiscard]] ServerHealth health() const;
    [[nodiscard]] ServerStats stats() const;

    // By name; then calls of unknown methods as CallMetrics::kUnknown. All zero if
    // ServerOptions::count_calls is off.
    [[nodiscard]] std::vector<MethodStats> method_stats() const;

    // Up to `limit` open connections. Asks the I/O threads and waits for them, `patience` at most;
    // on an I/O thread, which would wait for itself, only the number is known.
    [[nodiscard]] ConnectionList connections(
        std::size_t limit = 1000, Duration patience = std::chrono::milliseconds{250}
    ) const;

    // As Server::endpoint(); its port is 0 if the server has been destroyed.
    [[nodiscard]] Endpoint endpoint() const;

    // Tells HTTP clients that come to the RPC port where to go instead.
    void announce_admin(const std::string& url) const;

    // A connection to the server without a network: a socket that the caller owns. It needs no
    // token and no TLS, and is a connection like any other otherwise. For
    // ClientOptions::connect_with.
    [[nodiscard]] Result<int> connect() const;

private:
    std::weak_ptr<ServerCore> core_;
};

}  // namespace rollcall::rpc
