#include "connection.h"

#include "admission.h"

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
      host_(std::move(host)),
      stream_(std::move(stream)) {
}

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
    codec::Buffer& out = thread_.output();
    const MethodEntry& method = *admitted.method;
    Context::Facts facts;
    facts.method = method.name;
    facts.awaits_reply = admitted.id.has_value();
    facts.began = read;
    if (admitted.envelope.budget_ms) {
        // A budget beyond what the clock counts is none.
        constexpr std::uint64_t kMost = std::uint64_t{1} << 40U;
        const auto budget = std::min(*admitted.envelope.budget_ms, kMost);
        facts.deadline = Deadline::in(std::chrono::milliseconds{budget}, read);
    }
    facts.metadata = std::move(admitted.envelope.metadata);
    if (!facts.deadline.is_never() && facts.deadline.expired()) {
        const Error late{Errc::timed_out, "the deadline passed before the handler began"};
        write_error(out, admitted.id, late, reply_format());
        return 0;
    }
    if (method.handler->runs_inline()) {
        run_inline(self, std::move(admitted), std::move(facts), out);
        return 0;
    }
    const auto slots = take_slots(method, *host_->load);
    if (!slots) {
        write_error(out, admitted.id, slots.error(), reply_format());
        return 0;
    }
    const std::size_t metadata = facts.metadata ? facts.metadata->memory_bytes() : 0;
    const std::size_t charged = frame_bytes + metadata + kHandlerBytes;
    const Deadline deadline = facts.deadline;
    static_cast<void>(peer_state(self));  // the handler may ask for it on another thread
    host_->budget->charge(charged);
    const auto request =
        std::make_shared<ActiveRequest>(self, admitted.id, charged, std::move(facts));
    request->take(*slots);
    incoming().begin(method, request);
    if (!deadline.is_never()) watch(deadline);
    method.handler->start(
        admitted.params, ReplyTicket{request}, host_->executor_for(*method.handler, thread_)
    );
    return charged;
}

void Connection::run_inline(
    const Base& self, Admitted&& admitted, Context::Facts&& facts, codec::Buffer& out
) {
    const std::size_t start = out.size();
    if (admitted.id) codec::write_result_head(out, *admitted.id);
    Context context{std::move(facts), self.get(), std::stop_source{std::nostopstate}};
    const ContextScope scope{context};
    running_ = &self;
    thread_.begin_handler(admitted.method->name);
    Result<void> ended = admitted.method->handler->run(context, admitted.params, out);
    thread_.end_handler();
    running_ = nullptr;
    finish_reply(
        out, start, admitted.id, std::move(ended), context.reply_metadata(), reply_format()
    );
    out.append(ended_meanwhile_.view());
    ended_meanwhile_.clear(0);
}

void Connection::close_requests() {
    if (closed_.exchange(true, std::memory_order_acq_rel)) return;
    incoming().stop_all();
}

void Connection::reply(
    const std::shared_ptr<ActiveRequest>& request, Result<void> ended, codec::Buffer&& result
) {
    // After the end the thread may be gone as well; there is nothing left to do but settle the
    // accounts. Who waits for the budget looks at it with the next tick.
    const Base self = std::static_pointer_cast<Connection>(request->sink());
    request->leave_slots();
    const bool here = thread_.is_current();
    const std::shared_ptr<IoThread> thread = here ? nullptr : thread_life_.lock();
    if (!is_open() || (!here && !thread)) {
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

void Connection::on_reply(
    const Base& self,
    const std::shared_ptr<ActiveRequest>& request,
    Result<void>&& ended,
    codec::Buffer&& result
) {
    if (!self->is_open()) {
        static_cast<void>(self->host_->budget->release(request->charged_bytes()));
        return;
    }
    self->incoming().end(*request);
    self->release(request->charged_bytes());
    self->queue_reply(*request, std::move(ended), std::move(result));
    self->on_reply_queued(self);
}

void Connection::queue_reply(ActiveRequest& request, Result<void>&& ended, codec::Buffer&& result) {
    if (!request.id()) return;
    // A handler that ends at once does not overtake what was answered before: the answer to a hello
    // says how the others are to be read.
    if (handing_out_ && running_ == nullptr) stream_.queue().append(thread_.output(), 0);
    const ReplyFormat format = reply_format();
    const Metadata& metadata = request.context().reply_metadata();
    codec::Buffer message;
    codec::write_result_head(message, *request.id());
    const bool apart = ended && metadata.empty() && result.size() >= kLargeResultBytes &&
                       message.size() + result.size() <= format.max_bytes;
    if (apart && running_ == nullptr) {
        stream_.queue().append(message.view());
        stream_.queue().append(result, 0);
        return;
    }
    if (ended) message.append(result.view());
    finish_reply(message, 0, request.id(), std::move(ended), metadata, format);
    running_ != nullptr ? ended_meanwhile_.append(message.view())
                        : stream_.queue().append(message, 0);
}

}  // namespace rollcall::rpc
