#pragma once
// The answer to one request, from the side that gives it. Users need server.h only.

#include <rollcall/base/result.h>
#include <rollcall/codec/pack.h>
#include <rollcall/rpc/call_metrics.h>
#include <rollcall/rpc/context.h>
#include <rollcall/rpc/request_home.h>
#include <rollcall/rpc/request_slots.h>
#include <rollcall/rpc/stop_on_demand.h>
#include <rollcall/rpc/stream_pipe.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace rollcall::rpc {

// The exception that is being handled as an Error: a CallError is the one in it, anything else is
// handler_failed with what().
[[nodiscard]] Error current_error();

// An error of a handler as it may travel. Its own codes do; the error of a call that it made
// itself, which names a method or an endpoint, becomes handler_failed: what it promises about that
// call is not true of this one.
[[nodiscard]] Error as_reply(Error&& error);

namespace detail {

template <class T>
inline constexpr bool kIsResult = false;
template <class T>
inline constexpr bool kIsResult<rollcall::Result<T>> = true;

}  // namespace detail

// Packs what a handler returned (T, Result<T> or Result<void>) or returns its error.
template <class R>
[[nodiscard]] Result<void> pack_returned(codec::Buffer& out, const R& returned) {
    if constexpr (detail::kIsResult<R>) {
        if (!returned) return Error{returned.error()};
        if constexpr (std::is_void_v<typename R::value_type>) {
            codec::pack_nil(out);
        } else {
            codec::pack(out, *returned);
        }
    } else {
        codec::pack(out, returned);
    }
    return {};
}

// Runs `produce` and packs what it returns; what it throws is the error. After an error `out` is
// as it was.
template <class Produce>
[[nodiscard]] Result<void> pack_produced(codec::Buffer& out, Produce&& produce) {
    const std::size_t start = out.size();
    Result<void> packed{};
    try {
        if constexpr (std::is_void_v<decltype(produce())>) {
            produce();
            codec::pack_nil(out);
        } else {
            packed = pack_returned(out, produce());
        }
    } catch (...) {
        packed = current_error();
    }
    if (!packed) out.truncate(start);
    return packed;
}

class ActiveRequest;
class IncomingLayers;

// Packs a result, or returns why there is none. A view of what does; it throws nothing.
class PackResult {
public:
    template <class Pack>
    explicit PackResult(Pack& pack) noexcept
        : pack_(&pack), call_([](void* called, codec::Buffer& out) {
              return (*static_cast<Pack*>(called))(out);
          }) {}

    [[nodiscard]] Result<void> operator()(codec::Buffer& out) const { return call_(pack_, out); }

private:
    void* pack_;
    Result<void> (*call_)(void*, codec::Buffer&);
};

// Where replies of handlers go that do not end when they return.
class ReplySink : public RequestSource {
public:
    // Answers a request by what `pack` packs right where the reply leaves from. False, and nothing
    // is done, if that is not the place or the time: then it is packed elsewhere, for reply(). Of
    // the two one returns true or returns, once per request.
    [[nodiscard]] virtual bool reply_in_place(ActiveRequest& request, const PackResult& pack) = 0;

    // Called from any thread with the packed result or the error.
    virtual void reply(
        const std::shared_ptr<ActiveRequest>& request, Result<void> ended, codec::Buffer&& result
    ) = 0;

    // True once the server or the client has ended: its coroutine handlers do not go on. Any
    // thread.
    [[nodiscard]] virtual bool is_over() const noexcept = 0;

protected:
    ~ReplySink() = default;
};

// A request whose handler does not end at once. Shared by its handler, which holds its ticket, and
// by what may stop it.
class ActiveRequest {
public:
    ActiveRequest(
        std::shared_ptr<ReplySink> sink, std::optional<std::uint32_t> id, Context::Facts facts
    );
    ActiveRequest(const ActiveRequest&) = delete;
    ActiveRequest& operator=(const ActiveRequest&) = delete;
    // The layers of a request whose end nobody could report leave it here.
    ~ActiveRequest();

    [[nodiscard]] const std::shared_ptr<ReplySink>& sink() const noexcept { return sink_; }

    [[nodiscard]] std::optional<std::uint32_t> id() const noexcept { return id_; }

    // True while its handler is being begun, by the connection's I/O thread: one that has ended
    // when that returns was never counted anywhere.
    [[nodiscard]] bool is_starting() const noexcept {
        return is_starting_.load(std::memory_order_acquire);
    }

    void set_starting(bool starting) noexcept {
        is_starting_.store(starting, std::memory_order_release);
    }

    // What it counts against the budget of its server; nothing before it is charged.
    [[nodiscard]] std::size_t charged_bytes() const noexcept { return charged_bytes_; }

    void charge(std::size_t bytes) noexcept { charged_bytes_ = bytes; }

    [[nodiscard]] Context& context() noexcept { return context_; }

    [[nodiscard]] const Context& context() const noexcept { return context_; }

    // The name of its handler, for watchdogs; null if nobody looks. Given before it begins, it
    // lives as long as the methods do.
    void name_handler(const std::string* name) noexcept { handler_name_ = name; }

    [[nodiscard]] const std::string* handler_name() const noexcept { return handler_name_; }

    // The layers that it goes through; null if there are none. They are given before it begins.
    [[nodiscard]] IncomingLayers* layers() const noexcept { return layers_.get(); }

    void give_layers(std::unique_ptr<IncomingLayers> layers);

    // It counts as in flight there, with a message of so many bytes, until count_end(); nowhere if
    // null. What is dropped unanswered, a stream with its connection, ends there as lost.
    void count_in(CallMetrics::Method* metrics, std::size_t request_bytes) noexcept;
    // `outcome` is zero for a result. Only the first time counts.
    void count_end(Errc outcome, std::size_t reply_bytes) noexcept;

    // The stream that it opens, if it does. Set before its handler begins.
    void set_stream(StreamPipePtr stream) { stream_ = std::move(stream); }

    [[nodiscard]] const StreamPipePtr& stream() const noexcept { return stream_; }

    // Nobody waits for it any more; `why` is what is answered if it has not begun. The first reason
    // counts. On the connection's I/O thread.
    void stop(Errc why);

    // Right after it was made.
    void take(RequestSlots&& slots) noexcept { slots_ = std::move(slots); }

    // Once, when its turn has come: why it is not to begin, if it is not. On the thread of its
    // handler.
    [[nodiscard]] std::optional<Error> why_not_begin();

    // The same at any other time before it begins: nobody waits for it any more.
    [[nodiscard]] std::optional<Error> why_not_go_on() const;

    // It has ended, or never begins: gives its slots back.
    void leave_slots() noexcept;

    [[nodiscard]] bool is_over() const noexcept { return sink_->is_over(); }

    // For RequestHome::make().
    [[nodiscard]] RequestHome& home() noexcept { return home_; }

private:
    const std::shared_ptr<ReplySink> sink_;
    const std::optional<std::uint32_t> id_;
    std::size_t charged_bytes_ = 0;
    std::atomic<bool> is_starting_{false};
    CallMetrics::Method* metrics_ = nullptr;
    std::size_t request_bytes_ = 0;
    RequestSlots slots_;
    const std::string* handler_name_ = nullptr;
    StopOnDemand stop_;
    std::atomic<Errc> stopped_for_{};
    StreamPipePtr stream_;  // null for most
    Context context_;
    std::unique_ptr<IncomingLayers> layers_;
    RequestHome home_;
};

class IoThread;

// While it lives, the handler of this request runs on this thread: its context is the current one,
// and if it holds an I/O thread for too long a watchdog names it.
class HandlerScope {
public:
    explicit HandlerScope(const ActiveRequest& request) noexcept;
    HandlerScope(const HandlerScope&) = delete;
    HandlerScope& operator=(const HandlerScope&) = delete;
    ~HandlerScope();

private:
    const ContextScope context_;
    IoThread* const thread_;  // null on others
    const std::string* const before_;
};

// The duty to answer one request. If it is destroyed unanswered (a coroutine that was dropped),
// the peer gets handler_failed: no caller waits for a reply that nobody will send.
class ReplyTicket {
public:
    explicit ReplyTicket(std::shared_ptr<ActiveRequest> request) : request_(std::move(request)) {}

    ReplyTicket(ReplyTicket&&) noexcept = default;
    ReplyTicket& operator=(ReplyTicket&&) = delete;
    ~ReplyTicket();

    // Not after send().
    [[nodiscard]] const std::shared_ptr<ActiveRequest>& request() const { return request_; }

    void send(Result<void> ended, codec::Buffer&& result);

    // Answers with the exception that is being handled, unless it has answered. A reply for which
    // there is no memory is not sent: the connection's own end or the caller's deadline ends the
    // call instead.
    void fail() noexcept;

    // The same as send(), of a result that is not packed yet. Throws what that does.
    template <class R>
    void send_result(const R& result) {
        send_packed([&](codec::Buffer& out) {
            return pack_produced(out, [&]() -> const R& { return result; });
        });
    }

    void send_nil() {
        send_packed([](codec::Buffer& out) { return pack_produced(out, [] {}); });
    }

private:
    template <class Pack>
    void send_packed(Pack pack) {
        if (request_->sink()->reply_in_place(*request_, PackResult{pack})) return request_.reset();
        codec::Buffer out;
        Result<void> ended = pack(out);
        send(std::move(ended), std::move(out));
    }

    std::shared_ptr<ActiveRequest> request_;
};

}  // namespace rollcall::rpc
