#include <rollcall/codec/error_codec.h>
#include <rollcall/rpc/handler.h>
#include <rollcall/rpc/reply.h>
#include <rollcall/rpc/stream_handler.h>

#include "coarse_clock.h"
#include "incoming_layers.h"
#include "io_thread.h"
#include "stream_link.h"

#include <stdexcept>
#include <string>

namespace rollcall::rpc {
namespace {

// What a stream's handler hears when it is stopped.
const char* words_for(Errc why) {
    if (why == Errc::cancelled) return "the other side cancelled the stream";
    if (why == Errc::timed_out) return "the deadline passed before the stream had ended";
    return "the connection ended before the stream";
}

}  // namespace

Error current_error() {
    try {
        throw;
    } catch (const CallError& error) {
        return error.error();
    } catch (const std::exception& error) {
        return Error{Errc::handler_failed, error.what()};
    } catch (...) {
        return Error{Errc::handler_failed, "an exception that is no std::exception"};
    }
}

Error as_reply(Error&& error) {
    const bool is_own = error.endpoint().empty() && error.method().empty();
    const bool is_text = error.code() == Errc::remote_error;
    if (!is_own || (!is_text && wire_name(error.code()).empty()))
        return Error{Errc::handler_failed, error.to_string()}.with_data(error.data());
    // A text that looks like a code would be read as that code.
    if (is_text && codec::code_in_front(error.message()) != Errc::unknown)
        return Error{Errc::handler_failed, error.message()}.with_data(error.data());
    return std::move(error);
}

ActiveRequest::ActiveRequest(
    std::shared_ptr<ReplySink> sink, std::optional<std::uint32_t> id, Context::Facts facts
)
    : sink_(std::move(sink)), id_(id), context_(std::move(facts), sink_.get(), &stop_) {
}

ActiveRequest::~ActiveRequest() {
    count_end(Errc::connection_lost, 0);
}

void ActiveRequest::count_in(CallMetrics::Method* metrics, std::size_t request_bytes) noexcept {
    metrics_ = metrics;
    request_bytes_ = request_bytes;
    if (metrics_ != nullptr) metrics_->begin();
}

void ActiveRequest::count_end(Errc outcome, std::size_t reply_bytes) noexcept {
    auto* const metrics = std::exchange(metrics_, nullptr);
    if (metrics == nullptr) return;
    CallEnd call{outcome};
    call.latency = SteadyClock::now() - context_.began();
    call.request_bytes = request_bytes_;
    call.reply_bytes = reply_bytes;
    metrics->end(call);
}

void ActiveRequest::give_layers(std::unique_ptr<IncomingLayers> layers) {
    layers_ = std::move(layers);
}

void ActiveRequest::stop(Errc why) {
    Errc none{};
    if (!stopped_for_.compare_exchange_strong(none, why)) return;
    if (stream_) stream_->link().fail(Error{why, words_for(why)});
    stop_.request_stop();
}

void ActiveRequest::leave_slots() noexcept {
    slots_.queued.leave();
    slots_.in_flight.leave();
}

std::optional<Error> ActiveRequest::why_not_begin() {
    slots_.queued.leave();
    if (auto why = why_not_go_on()) return why;
    const bool waits = slots_.max_wait > Duration::zero();
    if (waits && SteadyClock::now() - context_.began() > slots_.max_wait) {
        if (slots_.overloaded != nullptr)
            slots_.overloaded->fetch_add(1, std::memory_order_relaxed);
        return Error{Errc::overloaded, "the request has waited for longer than max_queue_time"};
    }
    return std::nullopt;
}

std::optional<Error> ActiveRequest::why_not_go_on() const {
    const Errc why = stopped_for_.load();
    if (why == Errc::cancelled) return Error{why, "the caller cancelled the call"};
    if (why != Errc{} && why != Errc::timed_out)
        return Error{why, "the connection ended before the handler began"};
    if (why == Errc::timed_out || has_passed(context_.deadline()))
        return Error{Errc::timed_out, "the deadline passed before the handler began"};
    return std::nullopt;
}

RequestHome* RequestHome::make(
    const HandlerExecutor& executor, std::shared_ptr<ActiveRequest> request
) {
    RequestHome* home = &request->home();
    if (home->executor_ != nullptr) {
        home = new RequestHome;
        home->is_own_ = false;
    }
    home->executor_ = &executor;
    home->request_ = std::move(request);
    return home;
}

HandlerScope::HandlerScope(const ActiveRequest& request) noexcept
    : context_(request.context()),
      thread_(request.handler_name() != nullptr ? IoThread::current() : nullptr),
      before_(thread_ != nullptr ? thread_->running() : nullptr) {
    if (thread_ != nullptr) thread_->begin_handler(*request.handler_name());
}

HandlerScope::~HandlerScope() {
    if (thread_ == nullptr) return;
    before_ != nullptr ? thread_->begin_handler(*before_) : thread_->end_handler();
}

ReplyTicket::~ReplyTicket() {
    if (!request_) return;
    try {
        send(
            Error{Errc::handler_failed, "the handler was destroyed before it had ended"},
            codec::Buffer{}
        );
    } catch (const std::exception&) {  // as in fail()
    }
}

void ReplyTicket::fail() noexcept {
    if (!request_) return;
    try {
        send(current_error(), codec::Buffer{});
    } catch (const std::exception&) {
    }
}

void ReplyTicket::send(Result<void> ended, codec::Buffer&& result) {
    const auto request = std::move(request_);
    request->sink()->reply(request, std::move(ended), std::move(result));
}

void require_coroutine(RunOn run, bool is_coroutine) {
    if (run == RunOn::pool || is_coroutine) return;
    throw std::invalid_argument{
        "a handler of a stream that is no coroutine would block the I/O thread: make it one, "
        "return "
        "a range, or register it with RunOn::pool"};
}

void require_owned_arguments(RunOn run, bool takes_views) {
    if (run == RunOn::pool && takes_views) {
        throw std::invalid_argument{
            "a handler with RunOn::pool owns its arguments: take std::string instead of "
            "std::string_view"};
    }
}

}  // namespace rollcall::rpc
