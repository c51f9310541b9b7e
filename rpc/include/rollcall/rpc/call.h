#pragma once
// One invocation under way, from the caller's side. Users need client.h only.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/rpc/invocation.h>
#include <rollcall/rpc/pending_completion.h>
#include <rollcall/rpc/stream.h>
#include <rollcall/rpc/stream_pipe.h>

#include <asio/any_io_executor.hpp>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace rollcall::rpc {

// What else hears of a call's end: the layers that it went through.
class CallWatcher {
public:
    CallWatcher() = default;
    CallWatcher(const CallWatcher&) = delete;
    CallWatcher& operator=(const CallWatcher&) = delete;
    virtual ~CallWatcher() = default;

    // The packed map that has come with the reply, valid until on_end() returns. Not called if
    // there is none.
    virtual void on_reply_envelope(codec::Bytes map) noexcept = 0;
    // Once. `error` is null if it has ended well.
    virtual void on_end(const Error* error, std::size_t reply_bytes) noexcept = 0;
};

// What the client keeps per call. Exactly one of finish() and fail() is called, once: on the
// client's I/O thread, or, if the client is stopped or its inbox is full, on the submitting thread
// before submit() returns. Counted by reference, because a blocking caller may stop waiting first.
class Call {
public:
    // What is awaited.
    enum class Kind {
        reply,
        nothing,     // a notification is over when it is sent
        stream,      // the reply, behind all items of its stream()
        connection,  // over as soon as there is a connection; nothing is sent
    };

    Call(PackedInvocation&& packed, Deadline must_end, Kind awaited = Kind::reply)
        : invocation(std::move(packed)), kind(awaited), deadline(must_end) {}

    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    // By destroy() alone.
    virtual ~Call() { forget_stop(); }

    // The reply's result, one packed value, valid during this call only.
    virtual void finish(codec::Bytes result) noexcept = 0;
    virtual void fail(Error&& error) noexcept = 0;

    // Of a call that opens a stream, which has its sides.
    [[nodiscard]] virtual const StreamPipePtr& stream() const noexcept {
        static const StreamPipePtr kNone;
        return kNone;
    }

    [[nodiscard]] virtual StreamSides sides() const noexcept { return StreamSides::none; }

    // After it is submitted, on the submitting thread: asks `cancel` to be called when `token` is
    // asked to stop, until the call has ended, which it may have already. `cancel` may run before
    // this returns, and here.
    void stop_with(std::stop_token token, std::function<void()> cancel) {
        if (!token.stop_possible()) return;
        auto* const mine = new StopCallback{std::move(token), std::move(cancel)};
        StopCallback* none = nullptr;
        if (!stop_.compare_exchange_strong(none, mine, std::memory_order_acq_rel)) delete mine;
    }

    // Given before it is submitted.
    void watch_with(std::unique_ptr<CallWatcher> watcher) noexcept {
        watcher_ = std::move(watcher);
    }

    [[nodiscard]] CallWatcher* watcher() const noexcept { return watcher_.get(); }

    // Whoever ends the call says so here first, once, right before finish() or fail().
    void note_end(const Error* error, std::size_t reply_bytes) noexcept {
        if (watcher_) watcher_->on_end(error, reply_bytes);
    }

    // Asked once, right before the request goes out: false if the caller has given it up.
    [[nodiscard]] virtual bool may_be_sent() noexcept { return true; }

    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }

    void drop_reference() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
    }

    PackedInvocation invocation;  // changed by layers alone, before it is sent
    const Kind kind;

    // The id on the wire.
    [[nodiscard]] std::uint32_t wire_id() const noexcept { return static_cast<std::uint32_t>(id); }

    // Of the client's I/O thread, or of the submitting one until submit() has returned:
    Deadline deadline;           // of a stream: to be sent, and then the stream's own
    std::uint64_t id = 0;        // on the connection that carries it; the wire has its low half
    std::uint64_t wire_end = 0;  // where its request ends in the bytes of that connection
    std::size_t wire_bytes = 0;  // of its message, once it was sent
    bool done = false;           // finish() or fail() has been called
    // It went out on an earlier connection and may have been executed there; whatever ends it now,
    // it is not `not_sent`.
    bool exposed = false;

protected:
    virtual void destroy() noexcept = 0;

    // What calls that are built on this one put in their place. Before the result is handed over.
    void note_answer() noexcept {}

    // Before the error is; true if the call goes on instead, and ends otherwise.
    [[nodiscard]] bool goes_on(Error& /*error*/) noexcept { return false; }

    // It has ended: nothing is to be stopped any more, and whoever would do it lets go of it.
    void forget_stop() noexcept {
        if (stop_.load(std::memory_order_acquire) == ended()) return;
        StopCallback* const last = stop_.exchange(ended(), std::memory_order_acq_rel);
        if (last != ended()) delete last;
    }

private:
    using StopCallback = std::stop_callback<std::function<void()>>;

    // What stands in the place of the callback once the call has ended: whoever comes later keeps
    // none. Never used as what it points to.
    [[nodiscard]] StopCallback* ended() noexcept { return reinterpret_cast<StopCallback*>(this); }

    std::atomic<unsigned> references_{1};
    std::atomic<StopCallback*> stop_{nullptr};
    std::unique_ptr<CallWatcher> watcher_;
};

// An owning pointer to a Call.
class CallPtr {
public:
    CallPtr() = default;

    // Takes over the first reference.
    explicit CallPtr(Call* call) noexcept : call_(call) {}

    CallPtr(const CallPtr& other) noexcept : call_(other.call_) {
        if (call_ != nullptr) call_->add_reference();
    }

    CallPtr(CallPtr&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}

    CallPtr& operator=(CallPtr other) noexcept {
        std::swap(call_, other.call_);
        return *this;
    }

    ~CallPtr() {
        if (call_ != nullptr) call_->drop_reference();
    }

    [[nodiscard]] explicit operator bool() const noexcept { return call_ != nullptr; }

    void reset() noexcept { *this = CallPtr{}; }

    Call* operator->() const noexcept { return call_; }

    Call& operator*() const noexcept { return *call_; }

private:
    Call* call_ = nullptr;
};

// A packed result as an R, or invalid_result, whatever reading it throws.
template <class R>
[[nodiscard]] Result<R> read_result(codec::Bytes bytes) {
    static_assert(
        !detail::kIsStreamed<R>, "this method is a stream: open() it instead of calling it"
    );
    if constexpr (std::is_void_v<R>) {
        return {};
    } else {
        std::string problem;
        try {
            codec::Reader reader{bytes};
            codec::Mismatch why;
            Result<R> result{};
            if (codec::unpack(reader, *result, why)) return result;
            problem = "the result: " + why.text();
        } catch (const std::exception& error) {
            // A short message may become a large value: memory may run out here.
            problem = std::string{"the result cannot be read: "} + error.what();
        } catch (...) {  // a user's type may throw anything
            problem = "the result cannot be read";
        }
        return Error{Errc::invalid_result, std::move(problem)}.with_sent(Sent::maybe_sent);
    }
}

// The caller waits on its own thread, by its own clock.
template <class R, class Base = Call>
class BlockingCall final : public Base {
public:
    using Base::Base;

    void finish(codec::Bytes result) noexcept override {
        this->note_answer();
        set(read_result<R>(result));
    }

    void fail(Error&& error) noexcept override {
        if (!this->goes_on(error)) set(Result<R>{std::move(error)});
    }

    [[nodiscard]] bool may_be_sent() noexcept override {
        const std::lock_guard lock{mutex_};
        going_out_ = !given_up_;
        return going_out_;
    }

    // The caller waits no longer. What is certain about the request from now on.
    [[nodiscard]] Sent give_up() {
        const std::lock_guard lock{mutex_};
        given_up_ = true;
        return going_out_ ? Sent::maybe_sent : Sent::not_sent;
    }

    // The reply, or nothing if none came by `until`.
    [[nodiscard]] std::optional<Result<R>> wait(Deadline until) {
        std::unique_lock lock{mutex_};
        const auto here = [this] { return result_.has_value(); };
        if (until.is_never()) {
            changed_.wait(lock, here);
        } else {
            changed_.wait_until(lock, until.point(), here);
        }
        return std::move(result_);
    }

private:
    void set(Result<R>&& result) noexcept {
        this->forget_stop();
        // Notified under the lock: the waiter may drop the last other reference as soon as it
        // wakes.
        const std::lock_guard lock{mutex_};
        result_.emplace(std::move(result));
        changed_.notify_one();
    }

    void destroy() noexcept override { delete this; }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Result<R>> result_;
    bool going_out_ = false;
    bool given_up_ = false;
};

// The caller gave an Asio completion handler. The call itself is not made with the handler's
// allocator: memory of a handler must be free before the handler runs, and queues and cancellation
// slots may refer to a call for longer.
template <class R, class Handler, class Base = Call>
class AsyncCall final : public Base {
public:
    [[nodiscard]] static CallPtr make(
        PackedInvocation&& packed,
        Deadline deadline,
        Handler&& handler,
        const asio::any_io_executor& fallback,
        Call::Kind awaited = Call::Kind::reply
    ) {
        return CallPtr{
            new AsyncCall{std::move(packed), deadline, std::move(handler), fallback, awaited}};
    }

    void finish(codec::Bytes result) noexcept override {
        this->note_answer();
        deliver(read_result<R>(result));
    }

    void fail(Error&& error) noexcept override {
        if (!this->goes_on(error)) deliver(Result<R>{std::move(error)});
    }

private:
    AsyncCall(
        PackedInvocation&& packed,
        Deadline until,
        Handler&& handler,
        const asio::any_io_executor& fallback,
        Call::Kind awaited
    )
        : Base(std::move(packed), until, awaited), completion_(std::move(handler), fallback) {}

    void deliver(Result<R>&& result) noexcept {
        this->forget_stop();
        this->add_reference();
        completion_.post(CallPtr{this}, std::move(result));
    }

    void destroy() noexcept override { delete this; }

    PendingCompletion<Handler, Result<R>, CallPtr> completion_;
};

// One-way: there is nobody to tell.
class NotifyCall final : public Call {
public:
    NotifyCall(PackedInvocation&& packed, Deadline until)
        : Call(std::move(packed), until, Kind::nothing) {}

    void finish(codec::Bytes) noexcept override {}

    void fail(Error&&) noexcept override {}

private:
    void destroy() noexcept override { delete this; }
};

}  // namespace rollcall::rpc
