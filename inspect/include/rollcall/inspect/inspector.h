#pragma once
// An HTTP listener beside a server, in the same process, for people and programs that look after
// it.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/log.h>
#include <rollcall/rpc/call_metrics.h>
#include <rollcall/rpc/server.h>
#include <rollcall/tls/options.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::inspect {

struct InspectorOptions {
    // "host:port"; port 0 takes a free one. Other machines can reach it only if there is a token.
    std::string listen = "127.0.0.1:0";
    // Everything but the page itself and /healthz asks for `Authorization: Bearer TOKEN`.
    std::string token = {};
    // POST /rpc/METHOD calls methods of the server. It is then as good as the RPC port, whose token
    // and TLS it does without: whoever may come here may call.
    bool allow_calls = false;
    // Without a token: further names by which this may be addressed (the Host of a request), beside
    // localhost, the loopback addresses and the host of `listen`.
    std::vector<std::string> allowed_hosts = {};
    // What this process calls elsewhere, fed by rpc::client_metrics(): families rollcall_client_...
    // of /metrics.
    std::shared_ptr<const rpc::CallMetrics> client_metrics = {};
    tls::ServerOptions tls = {};  // given files: https and nothing else

    // Limits
    std::size_t connections_max = 100;                // of HTTP clients; more wait
    std::size_t listed_connections = 1000;            // of the server, at most, in one answer
    std::size_t body_bytes_max = 1U << 20U;           // arguments of one call; more is answered 413
    std::size_t calls_max = 64;                       // under way at once; more are answered 503
    Duration call_timeout = std::chrono::seconds{5};  // of a call that names none
    Duration call_timeout_max = std::chrono::seconds{60};  // that one may name

    Log log = {};
};

// Serves from construction to destruction, on a thread of its own: GET /healthz, /metrics, /,
// /v1/stats, /v1/connections, /v1/methods and POST /rpc/METHOD (docs/inspect.md). The server need
// not be started yet and may be gone before; its RPC port tells HTTP clients of this one.
// Thread safety: endpoint() and url() from any thread.
class Inspector {
public:
    // Throws std::invalid_argument if an option makes no sense, above all for a `listen` that other
    // machines reach without a token; std::system_error that names the address if it cannot listen.
    explicit Inspector(const rpc::Server& server, InspectorOptions options = InspectorOptions());
    // Answers what it has, for half a second at most, and waits for its thread.
    ~Inspector();
    Inspector(const Inspector&) = delete;
    Inspector& operator=(const Inspector&) = delete;

    // With the port chosen.
    [[nodiscard]] Endpoint endpoint() const;
    // "http://127.0.0.1:9090"
    [[nodiscard]] std::string url() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::inspect
