#pragma once
// Calls the methods of one server.

#include <rollcall/base/backoff.h>
#include <rollcall/base/endpoint.h>
#include <rollcall/base/log.h>
#include <rollcall/codec/limits.h>
#include <rollcall/rpc/call_target.h>
#include <rollcall/rpc/handler_registry.h>
#include <rollcall/rpc/io_threads.h>
#include <rollcall/rpc/middleware.h>
#include <rollcall/rpc/open_stream.h>
#include <rollcall/rpc/stream_options.h>
#include <rollcall/tls/options.h>

#include <asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace rollcall::rpc {

struct ClientOptions {
    // Timeouts
    Duration call_timeout = std::chrono::seconds{5};     // of a call that names none
    Duration connect_timeout = std::chrono::seconds{1};  // of one attempt to connect
    BackoffOptions backoff = {};                         // between attempts to connect; at most 1 h
    // A server that has answered the hello, and for which something waits (calls, handlers of its
    // requests, keep_connected(), on_disconnect()), is asked for a sign of life when it has said
    // nothing for the interval; if none comes within the time-out the connection is lost and made
    // anew. Interval zero: never.
    Duration keepalive_interval = std::chrono::seconds{15};
    Duration keepalive_timeout = std::chrono::seconds{15};

    // Limits
    codec::Limits limits = {};         // messages, both ways; checked before sending too
    std::size_t max_in_flight = 1024;  // further calls wait here, within their deadlines
    std::size_t write_queue_bytes = std::size_t{1} << 20U;  // unsent bytes at which calls wait here
    // Calls waiting here, and apart from them calls on their way here from other threads; one more
    // fails as overloaded, not sent.
    std::size_t max_queued = 65536;
    // Of the server's requests that handlers of this client work on; more are refused.
    std::size_t max_request_bytes = std::size_t{64} << 20U;
    StreamOptions streams = {};  // of each connection

    // Behaviour
    std::size_t pool_threads = 1;  // for handlers with RunOn::pool; started only if there is one
    std::string token = {};        // sent with the hello of each connection
    // Given, connections are encrypted, and made only to a server with a certificate by an
    // authority of ca_file, or of the system's store. Files that have changed are read anew for new
    // connections.
    std::optional<tls::ClientOptions> tls = {};
    // The name or IP address that the certificate must be for; empty: the endpoint's host.
    std::string tls_server_name = {};
    // Given, each connection is the socket that this returns, a descriptor which is the client's
    // from then on, instead of one to the endpoint, and is not encrypted. Called on the client's
    // I/O thread: it must not block.
    std::function<Result<int>()> connect_with = {};
    bool hello = true;  // false: plain MessagePack-RPC from the first byte, no extension
    // true: a call waits through failed attempts to connect until its deadline. false: the calls
    // that were waiting for an attempt fail with it.
    bool wait_for_ready = false;
    IoThreads io = {};  // default: the process's shared one
    Log log = {};
    Middlewares middleware = {};  // what calls go through, the first outermost; then use()
};

struct ClientCounters {
    std::uint64_t calls = 0;         // started
    std::uint64_t late_replies = 0;  // came after their call was over, and were dropped
    std::uint64_t connects = 0;      // connections made
    std::uint64_t failed_connects = 0;
    std::uint64_t dropped_notifications = 0;
};

enum class ClientState {
    idle,        // not connected; the next call connects
    connecting,  // an attempt is under way, or waits for its turn after a failed one, or calls wait
                 // for the server's answer to the hello
    ready,       // connected
    stopped,
};

class ClientCore;

// One pipelined connection, made when first needed and made again when lost. Every call completes
// exactly once, within its deadline, with a value or an error whose sent() tells whether the
// server may have executed it. Late replies are dropped and counted.
//
// Thread safety: all members may be called from any thread. Destroying a client ends its calls
// with shutting_down; on an I/O thread it returns at once, elsewhere it waits until the connection
// is closed. A completion that is already posted may run after that.
class Client final : public HandlerRegistry {
public:
    // `endpoint` is "host:port" or "unix:/run/x.sock". Throws std::invalid_argument if it is not,
    // or if an option makes no sense. Does not connect yet.
    explicit Client(std::string_view endpoint, ClientOptions options = ClientOptions());
    explicit Client(Endpoint endpoint, ClientOptions options = ClientOptions());
    ~Client();
    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;

    // Puts a layer inside of those that were added before. Throws std::logic_error after
    // the first call, std::invalid_argument for null.
    void use(MiddlewarePtr layer);

    // A function; middleware() says which.
    template <class Enter>
    requires std::is_invocable_v<Enter&, Exchange&>

    void use(Enter enter) { use(rpc::middleware(std::move(enter))); }

    // Calls and waits for the reply. On an I/O thread it fails with would_deadlock.
    template <class R>
    [[nodiscard]] Result<R> call(Invocation<R> invocation) {
        return detail::call_blocking<R>(target(), std::move(invocation));
    }

    // Starts a call; `token` is any Asio completion token of signature void(Result<R>): nothing
    // (the result can be co_awaited), asio::use_future, a callback. The completion is posted to
    // the token's associated executor, by default the client's I/O thread. Cancelling through the
    // token's cancellation slot completes the call with `cancelled`. A server that speaks the
    // extension is told of a call that is cancelled or has exceeded its deadline.
    template <class R, class Token = asio::use_awaitable_t<>>
    auto async_call(Invocation<R> invocation, Token&& token = Token{}) {
        return detail::call_async<R>(target(), std::move(invocation), std::forward<Token>(token));
    }

    // Opens a stream: `auto quotes = client.open(feed("ACME"));` (open_stream.h). Returns at once.
    // It has no longest time but what .within() names, and ends with timed_out when it cannot be
    // sent within the call timeout, or is silent for streams.idle_timeout.
    template <class R>
    [[nodiscard]] auto open(Invocation<R> invocation) {
        return detail::open_stream<R>(target(), std::move(invocation));
    }

    // Sends without awaiting a reply. Whether it arrives is unknown; if it cannot be sent within
    // the call timeout it is dropped and counted.
    template <class R>
    void notify(Invocation<R> invocation) {
        detail::send_notification<R>(target(), std::move(invocation));
    }

    // Connects now, and again whenever the connection is lost, without waiting for a call: for
    // clients that the server calls. Their handlers are added before.
    void keep_connected();

    // Waits until there is a connection, through failed attempts, or says why there is none.
    [[nodiscard]] Result<void> wait_ready(Deadline deadline);

    // For clients built on this one: starts a call of their own making, without a type. Its
    // finish() or fail() is called as Call says: on the calling thread, before this returns, if
    // the client is stopped or too many calls wait.
    void submit(CallPtr call);
    // Ends such a call with `cancelled` unless it is over. Only after its submit() has returned;
    // then harmless at any time.
    void cancel(const CallPtr& call);

    // Ends all calls with shutting_down and closes the connection. May be called anywhere; waits
    // like the destructor.
    void stop();

    [[nodiscard]] const Endpoint& endpoint() const noexcept;
    [[nodiscard]] ClientState state() const noexcept;
    [[nodiscard]] ClientCounters counters() const noexcept;

private:
    void add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler) override;
    void set_on_connect(Connected connected) override;
    void set_on_disconnect(Disconnected disconnected) override;

    [[nodiscard]] CallTargetPtr target() const noexcept;

    std::shared_ptr<ClientCore> core_;
};

}  // namespace rollcall::rpc
