#pragma once
// An HTTP/1.1 server with one I/O thread, whose answers may come later than the handler returns.

#include <rollcall/base/clock.h>
#include <rollcall/base/endpoint.h>
#include <rollcall/base/log.h>
#include <rollcall/base/result.h>
#include <rollcall/http/request.h>
#include <rollcall/http/response.h>
#include <rollcall/tls/options.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace rollcall::http {

// The right, and the duty, to answer one request, once. Move-only; one that is destroyed without
// an answer answers 500. Only on the server's I/O thread: in the handler, in post() and after().
class Responder {
public:
    class State;

    explicit Responder(std::unique_ptr<State> state);
    Responder(Responder&& other) noexcept;
    Responder& operator=(Responder&& other) noexcept;
    ~Responder();

    // Sends the answer. Dropped silently if the client has gone or the server has stopped.
    void respond(const Response& response);

    // Calls `gone`, on the I/O thread, if the client closes its connection before the answer; then
    // there is nobody left to answer. May destroy this object. Not called for any other reason.
    void when_gone(std::function<void()> gone);

private:
    std::unique_ptr<State> state_;
};

struct ServerOptions {
    // Where to listen; port 0 takes a free one; a host name is resolved by start().
    Endpoint listen{"127.0.0.1", 0};

    // Limits. What is moderately larger is answered 413, 414 or 431; what is far larger (a body of
    // four times the limit, a head of 80 KiB) ends the connection without an answer.
    std::size_t body_bytes_max = 64 * 1024;
    std::size_t url_bytes_max = 8 * 1024;
    std::size_t header_bytes_max = 32 * 1024;
    // URLs, headers and bodies of all requests under way: those being read, and those of which the
    // handler keeps the Request. One that there is no room for is read, not kept, and answered
    // 503 with Retry-After; its connection ends. Requests of up to 4 KiB do not count and are
    // always taken.
    std::size_t request_memory_max = 64 * 1024 * 1024;
    // Further ones take the place of those that have been idle the longest, for a second at least;
    // while there are none they wait to be accepted.
    std::size_t connections_max = 20'000;

    // With a certificate the server speaks https, TLS 1.2 or later, and nothing else.
    tls::ServerOptions tls = {};
    // For a connection to become encrypted; slower ones are closed.
    Duration handshake_timeout = std::chrono::seconds{5};

    // Time. They are checked once a second.
    Duration idle_timeout = std::chrono::seconds{120};   // for a whole request to arrive
    Duration answer_timeout = std::chrono::minutes{10};  // for a handler to answer; else it closes
    Duration write_timeout = std::chrono::seconds{30};   // for an answer to be taken
    Duration stop_grace = std::chrono::milliseconds{500};  // for answers on their way

    Log log = {};
};

// Runs the handler on its I/O thread, so handlers must not block and need no locks. A handler that
// throws is answered 500. While the server stops, requests that nobody has answered are
// answered 503 with Retry-After.
// Thread safety: post(), after(), reload_tls() and endpoint() from any thread; the rest from the
// owner's.
class Server {
public:
    using Handler = std::function<void(const Request& request, Responder responder)>;

    Server(ServerOptions options, Handler handler);
    // stop(). In a forked child, which may do nothing else with it, it leaves everything as it is.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Listens and serves. Throws std::system_error whose what() names the address and the reason,
    // std::invalid_argument for files of .tls that cannot be used. Once; a stopped server does not
    // start again.
    void start();

    // Where it listens, with the port chosen; valid after start().
    [[nodiscard]] Endpoint endpoint() const;

    // Runs `work` on the I/O thread, soon or after a delay; dropped once the server has stopped.
    // What it throws is logged.
    void post(std::function<void()> work);
    void after(Duration delay, std::function<void()> work);

    // Reads the files of .tls again, for the connections to come. An error (invalid_argument) names
    // the file and the reason, and what was read before stays in use. Without TLS it does nothing.
    [[nodiscard]] Result<void> reload_tls();

    // How many connections are open. Only on the I/O thread.
    [[nodiscard]] std::size_t connections() const;

    // Refuses connections, answers what it has, ends the thread. Not on the I/O thread.
    // Idempotent; lasts stop_grace at most.
    void stop();

private:
    class Loop;
    std::shared_ptr<Loop> loop_;
};

}  // namespace rollcall::http
