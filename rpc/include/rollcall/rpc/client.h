#pragma once
// Calls the methods of one server.

#include <rollcall/base/backoff.h>
#include <rollcall/base/endpoint.h>
#include <rollcall/base/log.h>
#include <rollcall/codec/limits.h>
#include <rollcall/rpc/call.h>
#include <rollcall/rpc/io_threads.h>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>
#include <asio/use_awaitable.hpp>

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

    // Limits
    codec::Limits limits = {};         // messages, both ways; checked before sending too
    std::size_t max_in_flight = 1024;  // further calls wait here, within their deadlines
    std::size_t write_queue_bytes = std::size_t{1} << 20U;  // unsent bytes at which calls wait here
    // Calls waiting here, and apart from them calls on their way here from other threads; one more
    // fails as overloaded, not sent.
    std::size_t max_queued = 65536;

    // Behaviour
    std::string token = {};  // sent with the hello of each connection
    bool hello = true;       // false: plain MessagePack-RPC from the first byte, no extension
    // true: a call waits through failed attempts to connect until its deadline. false: the calls
    // that were waiting for an attempt fail with it.
    bool wait_for_ready = false;
    IoThreads io = {};  // default: the process's shared one
    Log log = {};
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
    connecting,  // an attempt is under way, or waits for its turn after a failed one
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
class Client {
public:
    // `endpoint` is "host:port". Throws std::invalid_argument if it is not, or if an option makes
    // no sense. Does not connect yet.
    explicit Client(std::string_view endpoint, ClientOptions options = ClientOptions());
    explicit Client(Endpoint endpoint, ClientOptions options = ClientOptions());
    ~Client();
    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;

    // Calls and waits for the reply. On an I/O thread it fails with would_deadlock.
    template <class R>
    [[nodiscard]] Result<R> call(Invocation<R> invocation);

    // Starts a call; `token` is any Asio completion token of signature void(Result<R>): nothing
    // (the result can be co_awaited), asio::use_future, a callback. The completion is posted to
    // the token's associated executor, by default the client's I/O thread. Cancelling through the
    // token's cancellation slot completes the call with `cancelled`.
    template <class R, class Token = asio::use_awaitable_t<>>
    auto async_call(Invocation<R> invocation, Token&& token = Token{});

    // Sends without awaiting a reply. Whether it arrives is unknown; if it cannot be sent within
    // the call timeout it is dropped and counted.
    template <class R>
    void notify(Invocation<R> invocation);

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
    // The compiled half of the templates below.
    struct Edge {
        [[nodiscard]] static Deadline deadline_of(
            const ClientCore& core, const PackedInvocation& invocation
        );
        [[nodiscard]] static asio::any_io_executor executor_of(const ClientCore& core);
        static void submit(const std::shared_ptr<ClientCore>& core, CallPtr call);
        // Posts the end of a call. May be called at any time, also after the call or the client.
        static void cancel(const std::weak_ptr<ClientCore>& core, const CallPtr& call);
    };

    // What makes a blocking call impossible here, if anything.
    [[nodiscard]] std::optional<Error> blocked(const PackedInvocation& invocation) const;
    [[nodiscard]] Error unanswered(const Call& call, Sent sent) const;

    template <class R, class Handler>
    static void start(
        const std::shared_ptr<ClientCore>& core, Invocation<R>&& invocation, Handler&& handler
    );

    // How long a blocking caller gives the I/O thread to end a call whose deadline has passed.
    static constexpr Duration kGrace = std::chrono::milliseconds{4};

    std::shared_ptr<ClientCore> core_;
};

template <class R>
Result<R> Client::call(Invocation<R> invocation) {
    if (auto error = blocked(invocation)) return std::move(*error);
    const Deadline deadline = Edge::deadline_of(*core_, invocation);
    auto* call = new BlockingCall<R>{std::move(invocation), deadline};
    const CallPtr mine{call};
    Edge::submit(core_, mine);
    const Deadline until = deadline.is_never() ? deadline : Deadline::at(deadline.point() + kGrace);
    if (auto result = call->wait(until)) return std::move(*result);
    return unanswered(*call, call->give_up());
}

template <class R, class Token>
auto Client::async_call(Invocation<R> invocation, Token&& token) {
    return asio::async_initiate<Token, void(Result<R>)>(
        [](auto handler, const std::shared_ptr<ClientCore>& core, Invocation<R> packed) {
            start<R>(core, std::move(packed), std::move(handler));
        },
        token,
        core_,
        std::move(invocation)
    );
}

template <class R, class Handler>
void Client::start(
    const std::shared_ptr<ClientCore>& core, Invocation<R>&& invocation, Handler&& handler
) {
    // The clock starts here, when the call is awaited, not where the expression was written.
    const Deadline deadline = Edge::deadline_of(*core, invocation);
    auto slot = asio::get_associated_cancellation_slot(handler);
    using Decayed = std::decay_t<Handler>;
    CallPtr call = AsyncCall<R, Decayed>::make(
        std::move(invocation),
        deadline,
        Decayed{std::forward<Handler>(handler)},
        Edge::executor_of(*core)
    );
    if (slot.is_connected()) {
        // The slot only posts: the call ends on the client's thread like any other.
        slot.assign([weak = std::weak_ptr<ClientCore>{core}, call](asio::cancellation_type) {
            Edge::cancel(weak, call);
        });
    }
    Edge::submit(core, std::move(call));
}

template <class R>
void Client::notify(Invocation<R> invocation) {
    const Deadline deadline = Edge::deadline_of(*core_, invocation);
    Edge::submit(core_, CallPtr{new NotifyCall{std::move(invocation), deadline}});
}

}  // namespace rollcall::rpc
