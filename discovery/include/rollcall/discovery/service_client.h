#pragma once
// Calls the methods of a service, whichever of its instances there are.

#include <rollcall/discovery/broadcast.h>
#include <rollcall/discovery/direct_call.h>
#include <rollcall/discovery/discovery.h>
#include <rollcall/discovery/hedge_options.h>
#include <rollcall/discovery/instance_filter.h>
#include <rollcall/rpc/client.h>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>
#include <asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::discovery {

struct ServiceClientOptions {
    // Choosing
    SelectMode select = SelectMode::round_robin;
    std::shared_ptr<Selector> selector = {};  // one of your own, instead of `select`
    // Instances of this zone come first, for as long as at least half of them will do. Empty: zones
    // do not count.
    std::string zone = {};
    InstanceFilter filter = {};  // others are not called at all

    // Timeouts
    Duration call_timeout = std::chrono::seconds{5};  // of a call that names none
    // Of one attempt of an idempotent call, after which it goes to another instance. Zero: half of
    // the time that is left, except for the last attempt. Calls that are not idempotent have none.
    Duration attempt_timeout{0};

    // Repeating
    // How many instances may at most get to see one idempotent call. Attempts that certainly did
    // not reach a handler are not counted: they go on until the deadline.
    unsigned max_attempts = 3;
    // After time-outs, and after servers have said that they are overloaded, only every fifth call,
    // and a hundred at once, are repeated, so that servers that are too slow are not asked three
    // times as much.
    double retry_ratio = 0.2;
    unsigned retry_burst = 100;

    // Avoiding
    // An instance that cannot be reached, breaks off, or lets `avoid_after` calls in a row pass
    // their time is avoided until it answers a probe. Probes are made in the background (a request
    // `$/ping`; any answer will do; of plain servers, which would not know it, only that they can
    // be connected to), after pauses from `min` up to `max`. While all instances are
    // avoided, all are tried.
    BackoffOptions avoid = {.min = std::chrono::milliseconds{250}, .max = std::chrono::seconds{10}};
    unsigned avoid_after = 1;
    // One that answers, but with errors, is avoided for the same pauses if at least this part of
    // its calls fails, of at least so many within the window, while of those to the others together
    // not half as many do: what fails everywhere is not its fault. At most half of the instances
    // are avoided for this. Above 1: never.
    double avoid_rate = 0.5;
    unsigned avoid_rate_calls = 20;
    Duration avoid_window = std::chrono::seconds{10};

    // Second attempts for idempotent calls that are answered later than most; off by default.
    HedgeOptions hedge = {};

    // Limits
    std::size_t max_waiting = 65536;  // calls that wait for an instance; one more is `overloaded`

    // Connections
    // To each instance, made when first needed, used in turn, each on the next of the I/O threads.
    // Calls that completions make in answer to replies that came together go on the same one, up to
    // sixteen of them; in the long run each connection gets as many calls as any other. At most 64.
    // One is best unless calls are so many or so large that one I/O thread, here or at the server,
    // is busy with those to a single instance.
    std::size_t connections = 1;
    std::string token = {};  // sent with the hello of each connection
    // Of each connection. `token` above wins; the backoff is at most 0.2 s, since
    // instances that cannot be reached are avoided anyway.
    rpc::ClientOptions client = {};
};

// One instance as the client sees it.
struct InstanceState {
    registry::Instance instance;
    rpc::ClientState connection = rpc::ClientState::idle;  // of several: the best
    std::size_t in_flight = 0;                             // attempts under way
    Duration latency{0};                                   // a moving average; 0: no answer yet
    std::uint64_t attempts = 0;                            // ever
    std::uint64_t errors = 0;                              // attempts that ended without a result
    std::uint64_t failures = 0;                   // of those, what speaks against the instance
    std::optional<TimePoint> avoided_until = {};  // avoided; a probe is made then
    std::optional<Error> last_error = {};         // of the last such failure
};

// What has become of the calls so far.
struct ServiceCounters {
    std::uint64_t calls = 0;       // begun; a broadcast and a notification are one each
    std::uint64_t attempts = 0;    // that went to an instance
    std::uint64_t repeats = 0;     // of those, because one of the same call had failed
    std::uint64_t hedges = 0;      // of those, because one of the same call was late
    std::uint64_t unrepeated = 0;  // errors that were not repeated because too many had been
    std::uint64_t waits = 0;       // for an instance to call, or between two rounds through all
};

class ServiceCore;
class BroadcastCall;

// Keeps a connection per instance, or several, made when first needed and closed when the instance
// is no longer listed and its calls have ended. A call goes to the instance that the selector
// chooses. If it certainly has not been executed there it goes to another, at once and until its
// deadline; if it may have been, only if it is idempotent. An answer of a server, be it an error of
// its handler, is an answer and is never repeated. While no instance is known a call waits for one.
//
// Thread safety: all members may be called from any thread. Destroying a client ends its calls
// with shutting_down; on an I/O thread it returns at once, elsewhere it waits until the
// connections are closed.
class ServiceClient {
public:
    // Throws std::invalid_argument if an option makes no sense. The discovery is copied.
    explicit ServiceClient(
        const Discovery& discovery, ServiceClientOptions options = ServiceClientOptions()
    );
    ~ServiceClient();
    ServiceClient(ServiceClient&& other) noexcept;
    ServiceClient& operator=(ServiceClient&& other) noexcept;

    // Calls and waits for the reply. On an I/O thread it fails with would_deadlock.
    template <class R>
    [[nodiscard]] Result<R> call(rpc::Invocation<R> invocation);

    // Starts a call; `token` is any Asio completion token of signature void(Result<R>), as with
    // Client::async_call().
    template <class R, class Token = asio::use_awaitable_t<>>
    auto async_call(rpc::Invocation<R> invocation, Token&& token = Token{});

    // Sends to one instance without awaiting a reply. Whether it arrives is unknown.
    template <class R>
    void notify(rpc::Invocation<R> invocation);

    // Sends to every instance that takes calls, in parallel, once each, and waits until all of
    // them have answered, failed or reached the invocation's one deadline, or until the stop rule
    // of the options is met. An instance that cannot be reached fails at once. If no instance is
    // known it waits for one, and BroadcastResult::error() says so if none comes.
    template <class R>
    [[nodiscard]] BroadcastResult<R> broadcast(
        rpc::Invocation<R> invocation, BroadcastOptions options = BroadcastOptions()
    );

    // The same with a completion token of signature void(BroadcastResult<R>). Cancelling it ends
    // what has not answered.
    template <class R, class Token = asio::use_awaitable_t<>>
    auto async_broadcast(
        rpc::Invocation<R> invocation, BroadcastOptions options, Token&& token = Token{}
    );

    template <class R>
    auto async_broadcast(rpc::Invocation<R> invocation) {
        return async_broadcast(std::move(invocation), BroadcastOptions());
    }

    // Waits until there is a connection to one instance, or says what is missing.
    [[nodiscard]] Result<void> wait_ready(Deadline deadline);

    // The same with a completion token of signature void(Result<void>).
    template <class Token = asio::use_awaitable_t<>>
    auto async_wait_ready(Deadline deadline, Token&& token = Token{}) {
        return asio::async_initiate<Token, void(Result<void>)>(
            [](auto handler, Core core, Deadline until) {
                submit<void>(
                    std::move(core),
                    rpc::PackedInvocation::pack(""),
                    {until, SteadyClock::now(), rpc::Call::Kind::connection},
                    std::move(handler)
                );
            },
            token,
            core_,
            deadline
        );
    }

    // Ends all calls with shutting_down and closes the connections. May be called anywhere; waits
    // like the destructor.
    void stop();

    // The instances it may call, sorted by id.
    [[nodiscard]] std::vector<InstanceState> state() const;

    // Each is exact; together they may be a moment apart.
    [[nodiscard]] ServiceCounters counters() const;

private:
    using Core = std::shared_ptr<ServiceCore>;

    struct Beginning {
        Deadline deadline;
        TimePoint now;
        rpc::Call::Kind awaited = rpc::Call::Kind::reply;
    };

    // The compiled half of the templates below.
    struct Edge {
        // A call begins: what it inherits is added to it.
        [[nodiscard]] static Beginning begin(
            const ServiceCore& core, rpc::PackedInvocation& invocation
        );
        [[nodiscard]] static const asio::any_io_executor& executor_of(const ServiceCore& core);
        static void notify(const Core& core, rpc::CallPtr call);
        [[nodiscard]] static std::shared_ptr<BroadcastCall> prepare_broadcast(
            const Core& core,
            rpc::PackedInvocation invocation,
            BroadcastOptions options,
            std::shared_ptr<BroadcastWaiter> waiter
        );
        static void start_broadcast(const std::shared_ptr<BroadcastCall>& broadcast);
        static void cancel_broadcast(const std::weak_ptr<BroadcastCall>& broadcast);
    };

    template <class R, class Handler>
    static void submit(
        Core&& core, rpc::PackedInvocation&& packed, Beginning beginning, Handler&& handler
    );
    template <class R>
    [[nodiscard]] static Result<R> wait_for(
        const Core& core, rpc::PackedInvocation&& packed, Beginning beginning
    );
    [[nodiscard]] static std::optional<Error> blocked(const rpc::PackedInvocation& invocation);
    [[nodiscard]] static Deadline patience(Deadline deadline);
    [[nodiscard]] PackedReplies broadcast_packed(
        rpc::PackedInvocation invocation, BroadcastOptions options
    );

    Core core_;
};

template <class R>
Result<R> ServiceClient::wait_for(
    const Core& core, rpc::PackedInvocation&& packed, Beginning beginning
) {
    const Deadline deadline = beginning.deadline;
    auto* const call =
        new rpc::BlockingCall<R, DirectCall>{std::move(packed), deadline, beginning.awaited};
    const rpc::CallPtr mine{call};
    call->let_watch();
    DirectCall::start(core, mine, beginning.now);
    if (auto result = call->wait(patience(deadline))) return std::move(*result);
    // I/O threads that are late must not make him late.
    if (auto error = call->late_error(call->give_up())) return std::move(*error);
    return *call->wait(Deadline::never());  // it is being handed over right now
}

template <class R>
Result<R> ServiceClient::call(rpc::Invocation<R> invocation) {
    if (auto error = blocked(invocation)) return std::move(*error);
    const Core core = core_;
    const Beginning beginning = Edge::begin(*core, invocation);
    return wait_for<R>(core, std::move(invocation), beginning);
}

template <class R, class Token>
auto ServiceClient::async_call(rpc::Invocation<R> invocation, Token&& token) {
    return asio::async_initiate<Token, void(Result<R>)>(
        // The core by value: a coroutine that another thread resumes may end, and its frame with
        // what was given here, before this returns.
        [](auto handler, Core core, rpc::Invocation<R>&& packed) {
            // The clock starts here, when the call is awaited, not where it was written.
            const Beginning beginning = Edge::begin(*core, packed);
            submit<R>(std::move(core), std::move(packed), beginning, std::move(handler));
        },
        token,
        core_,
        std::move(invocation)
    );
}

template <class R, class Handler>
void ServiceClient::submit(
    Core&& core, rpc::PackedInvocation&& packed, Beginning beginning, Handler&& handler
) {
    using Call = rpc::AsyncCall<R, std::decay_t<Handler>, DirectCall>;
    auto slot = asio::get_associated_cancellation_slot(handler);
    rpc::CallPtr call = Call::make(
        std::move(packed),
        beginning.deadline,
        std::forward<Handler>(handler),
        Edge::executor_of(*core),
        beginning.awaited
    );
    if (slot.is_connected()) {
        static_cast<Call&>(*call).let_watch();
        slot.assign([call](asio::cancellation_type) { DirectCall::cancel(call); });
    }
    DirectCall::start(std::move(core), std::move(call), beginning.now);
}

template <class R>
void ServiceClient::notify(rpc::Invocation<R> invocation) {
    const Deadline deadline = Edge::begin(*core_, invocation).deadline;
    Edge::notify(core_, rpc::CallPtr{new rpc::NotifyCall{std::move(invocation), deadline}});
}

template <class R>
BroadcastResult<R> ServiceClient::broadcast(
    rpc::Invocation<R> invocation, BroadcastOptions options
) {
    return read_replies<R>(broadcast_packed(std::move(invocation), options));
}

template <class R, class Token>
auto ServiceClient::async_broadcast(
    rpc::Invocation<R> invocation, BroadcastOptions options, Token&& token
) {
    return asio::async_initiate<Token, void(BroadcastResult<R>)>(
        [](auto handler, const Core& core, rpc::Invocation<R> packed, BroadcastOptions how) {
            using Handler = std::decay_t<decltype(handler)>;
            auto slot = asio::get_associated_cancellation_slot(handler);
            const auto broadcast = Edge::prepare_broadcast(
                core,
                std::move(packed),
                how,
                std::make_shared<AsyncBroadcast<R, Handler>>(
                    std::move(handler), Edge::executor_of(*core)
                )
            );
            if (slot.is_connected()) {
                slot.assign([weak = std::weak_ptr<BroadcastCall>{broadcast}](asio::cancellation_type
                            ) { Edge::cancel_broadcast(weak); });
            }
            Edge::start_broadcast(broadcast);
        },
        token,
        core_,
        std::move(invocation),
        options
    );
}

}  // namespace rollcall::discovery
