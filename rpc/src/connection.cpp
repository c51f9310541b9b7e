#include "connection.h"

#include "admission.h"
#include "coarse_clock.h"
#include "incoming_layers.h"

#include <asio/post.hpp>
#include <asio/recycling_allocator.hpp>

#include <algorithm>
#include <utility>

namespace rollcall::rpc {
namespace {

// What a handler that does not end at once costs besides its request: its frame and its ticket.
constexpr std::size_t kHandlerBytes = 1024;
// Results from this size on are not copied behind the head of their reply.
constexpr std::size_t kLargeResultBytes = std::size_t{64} << 10U;

}  // namespace

Connection::Connection(
    IoThread& thread,
    std::weak_ptr<IoThread> thread_life,
    std::shared_ptr<const HandlerHost> host,
    MessageStream stream
)
    : thread_(thread),
      thread_life_(std::move(thread_life)),
      executor_(executor_of(thread.loop(), AfterLoop::drop)),
      host_(std::move(host)),
      stream_(std::move(stream)) {
}

Connection::~Connection() = default;

const std::shared_ptr<PeerState>& Connection::peer_state(const Base& self) const {
    if (!peer_) {
        peer_ = std::make_shared<PeerState>(
            self, thread_life_, stream_.transport().peer(), peer_settings()
        );
    }
    return peer_;
}

void Connection::part(bool has_begun, std::string_view reason) {
    if (!peer_) return;
    if (has_begun) host_->tell_disconnected(Peer{peer_}, reason);
    peer_->end();
}

Peer Connection::peer() const {
    // Requests on other threads are begun with it; only inline handlers have to look further.
    if (peer_) return Peer{peer_};
    return Peer{running_ != nullptr ? peer_state(*running_) : nullptr};
}

std::size_t Connection::run(
    const Base& self, Admitted&& admitted, std::size_t frame_bytes, TimePoint read
) {
    const MethodEntry& method = *admitted.method;
    Context::Facts facts;
    facts.method = admitted.name;
    facts.awaits_reply = admitted.id.has_value();
    facts.began = read;
    if (admitted.envelope.budget_ms) {
        // A budget beyond what the clock counts is none.
        constexpr std::uint64_t kMost = std::uint64_t{1} << 40U;
        const auto budget = std::min(*admitted.envelope.budget_ms, kMost);
        facts.deadline = Deadline::in(std::chrono::milliseconds{budget}, read);
    }
    facts.metadata = std::move(admitted.envelope.metadata);
    const bool wants_stream = admitted.envelope.stream != 0 && !host_->methods->is_fallback(method);
    if (method.stream != StreamSides::none || wants_stream) {
        if (const auto why = why_no_stream(admitted))
            return refuse(admitted, *why, frame_bytes, facts.began);
    }
    if (!host_->middleware.empty()) {
        return run_layered(self, std::move(admitted), std::move(facts), frame_bytes);
    }
    // Handlers of this read that came before may have taken their time.
    if (has_passed(facts.deadline))
        return refuse(admitted, too_late_to_begin(), frame_bytes, facts.began);
    if (method.handler->runs_inline()) {
        Context context{std::move(facts), self.get(), nullptr};
        run_inline(self, admitted, context, nullptr, frame_bytes);
        return 0;
    }
    auto slots = take_slots(method, *host_->load);
    if (!slots) return refuse(admitted, slots.error(), frame_bytes, facts.began);
    const auto request = make_request(self, admitted, std::move(facts), std::move(*slots));
    return begin_request(self, method, request, frame_bytes, [&] {
        method.handler->start(
            admitted.params, ReplyTicket{request}, host_->executor_for(*method.handler, executor_)
        );
    });
}

std::size_t Connection::refuse(
    const Admitted& admitted, const Error& why, std::size_t frame_bytes, TimePoint read
) {
    codec::Buffer& out = thread_.output();
    const std::size_t start = out.size();
    write_error(out, admitted.id, why, reply_format());
    const std::size_t reply_bytes = out.size() - start;
    thread_.calls().add(admitted.method->metrics, why.code(), frame_bytes, reply_bytes, read);
    return 0;
}

std::shared_ptr<ActiveRequest> Connection::make_request(
    const Base& self, const Admitted& admitted, Context::Facts&& facts, RequestSlots&& slots
) {
    // The handler may ask for them on another thread.
    static_cast<void>(peer_state(self));
    static_cast<void>(identity());
    // Memory that the thread keeps: that of the request before, if it has ended at once.
    const asio::recycling_allocator<ActiveRequest> memory;
    auto request = std::allocate_shared<ActiveRequest>(memory, self, admitted.id, std::move(facts));
    request->take(std::move(slots));
    request->name_handler(&admitted.method->name);
    return request;
}

void Connection::keep_request(
    const Base& self,
    const MethodEntry& method,
    const std::shared_ptr<ActiveRequest>& request,
    std::size_t frame_bytes
) {
    const Context& context = request->context();
    request->charge(frame_bytes + context.metadata().memory_bytes() + kHandlerBytes);
    host_->budget->charge(request->charged_bytes());
    request->count_in(method.metrics, frame_bytes);
    if (!is_open()) return;  // its handler has seen to that
    incoming().begin(method, request);
    if (!context.deadline().is_never()) watch(context.deadline());
    if (method.stream != StreamSides::none) accept_stream(self, method.stream, request);
}

void Connection::run_inline(
    const Base& self,
    const Admitted& admitted,
    Context& context,
    IncomingLayers* layers,
    std::size_t frame_bytes
) {
    codec::Buffer& out = thread_.output();
    const std::size_t start = out.size();
    if (admitted.id) codec::write_result_head(out, *admitted.id);
    const ContextScope scope{context};
    running_ = &self;
    in_reply_ = true;
    thread_.begin_handler(admitted.method->name);
    Result<void> ended = admitted.method->handler->run(context, admitted.params, out);
    thread_.end_handler();
    running_ = nullptr;
    const auto error = finish_reply(
        out, start, admitted.id, std::move(ended), context.reply_metadata(), reply_format()
    );
    const std::size_t reply_bytes = out.size() - start;
    if (layers != nullptr) layers->leave(error ? &*error : nullptr, reply_bytes);
    thread_.calls().add(
        admitted.method->metrics,
        error ? error->code() : Errc{},
        frame_bytes,
        reply_bytes,
        context.began()
    );
    end_reply();
}

void Connection::end_reply() {
    in_reply_ = false;
    if (ended_meanwhile_.empty()) return;
    thread_.output().append(ended_meanwhile_.view());
    ended_meanwhile_.clear(0);
}

Error Connection::too_late_to_begin() {
    return Error{Errc::timed_out, "the deadline passed before the handler began"};
}

void Connection::end_broken_off(const Base& self) {
    handing_out_ = false;
    running_ = nullptr;
    in_reply_ = false;
    ended_meanwhile_.clear(0);
    thread_.reset_output();
    disconnect_here(self, "its messages could not be handled: out of memory?");
}

void Connection::close_requests() {
    if (closed_.exchange(true, std::memory_order_acq_rel)) return;
    incoming().stop_all();
    if (streams_) streams_->clear();
}

void Connection::reply(
    const std::shared_ptr<ActiveRequest>& request, Result<void> ended, codec::Buffer&& result
) {
    // After the end the thread may be gone as well; there is nothing left to do but settle the
    // accounts. Who waits for the budget looks at it with the next tick.
    const Base self = std::static_pointer_cast<Connection>(request->sink());
    request->leave_slots();
    const bool here = thread_.is_current();
    if (here && request->is_starting()) return reply_at_once(*request, std::move(ended), result);
    const std::shared_ptr<IoThread> thread = here ? nullptr : thread_life_.lock();
    // Another thread may have gone on with it while it is being begun: that comes first.
    if ((!is_open() && !request->is_starting()) || (!here && !thread)) {
        end_unanswered(*request, ended);
        static_cast<void>(host_->budget->release(request->charged_bytes()));
        return;
    }
    if (here) return on_reply(self, request, std::move(ended), std::move(result));
    auto task = [self, request, done = std::move(ended), value = std::move(result)]() mutable {
        on_reply(self, request, std::move(done), std::move(value));
    };
    if (!thread->loop()->post(std::move(task)))
        static_cast<void>(host_->budget->release(request->charged_bytes()));
}

bool Connection::reply_in_place(ActiveRequest& request, const PackResult& pack) {
    if (!request.is_starting() || !thread_.is_current() || !is_open()) return false;
    request.leave_slots();
    codec::Buffer& out = thread_.output();
    const std::size_t start = out.size();
    std::optional<Error> error;
    in_reply_ = true;
    try {
        if (request.id()) codec::write_result_head(out, *request.id());
        error = finish_reply(
            out, start, request.id(), pack(out), request.context().reply_metadata(), reply_format()
        );
    } catch (...) {
        out.truncate(start);  // no half message
        end_reply();
        throw;
    }
    const std::size_t reply_bytes = out.size() - start;
    end_reply();
    end_request(request, error ? &*error : nullptr, reply_bytes);
    return true;
}

void Connection::reply_at_once(
    ActiveRequest& request, Result<void>&& ended, const codec::Buffer& result
) {
    if (!is_open()) return end_unanswered(request, ended);
    auto pack = [&](codec::Buffer& out) {
        out.append(result.view());
        return std::move(ended);
    };
    static_cast<void>(reply_in_place(request, PackResult{pack}));
}

void Connection::on_reply(
    const Base& self,
    const std::shared_ptr<ActiveRequest>& request,
    Result<void>&& ended,
    codec::Buffer&& result
) {
    if (!self->is_open()) {
        self->end_unanswered(*request, ended);
        static_cast<void>(self->host_->budget->release(request->charged_bytes()));
        return;
    }
    self->release(request->charged_bytes());
    if (request->stream()) return finish_stream(self, request, std::move(ended), std::move(result));
    self->incoming().end(*request);
    self->queue_reply(*request, std::move(ended), std::move(result));
    self->on_reply_queued(self);
}

void Connection::queue_reply(ActiveRequest& request, Result<void>&& ended, codec::Buffer&& result) {
    if (!request.id()) return end_unanswered(request, ended);
    // A handler that ends at once does not overtake what was answered before: the answer to a hello
    // says how the others are to be read.
    if (handing_out_ && !in_reply_) stream_.queue().append(thread_.output(), 0);
    const ReplyFormat format = reply_format();
    const Metadata& metadata = request.context().reply_metadata();
    codec::Buffer message;
    codec::write_result_head(message, *request.id());
    const bool apart = ended && metadata.empty() && result.size() >= kLargeResultBytes &&
                       message.size() + result.size() <= format.max_bytes;
    if (apart && !in_reply_) {
        end_request(request, nullptr, message.size() + result.size());
        stream_.queue().append(message.view());
        stream_.queue().append(result, 0);
        return;
    }
    if (ended) message.append(result.view());
    const auto error = finish_reply(message, 0, request.id(), std::move(ended), metadata, format);
    end_request(request, error ? &*error : nullptr, message.size());
    in_reply_ ? ended_meanwhile_.append(message.view()) : stream_.queue().append(message, 0);
}

void Connection::end_request(ActiveRequest& request, const Error* error, std::size_t reply_bytes) {
    if (request.layers() != nullptr) request.layers()->leave(error, reply_bytes);
    const Errc outcome = error != nullptr ? error->code() : Errc{};
    if (!request.is_starting()) return request.count_end(outcome, reply_bytes);
    IncomingCalls::Starting& starting = *incoming().starting();
    thread_.calls().add(
        starting.method().metrics,
        outcome,
        starting.request_bytes(),
        reply_bytes,
        request.context().began()
    );
    starting.end();
}

// Nobody gets the result; a notification awaited none.
void Connection::end_unanswered(ActiveRequest& request, const Result<void>& ended) {
    if (request.id()) {
        const Error lost{Errc::connection_lost, "the connection ended before the reply"};
        return end_request(request, &lost, 0);
    }
    if (ended) return end_request(request, nullptr, 0);
    const Error error = as_reply(Error{ended.error()});
    end_request(request, &error, 0);
}

}  // namespace rollcall::rpc
