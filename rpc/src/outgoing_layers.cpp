#include "outgoing_layers.h"

#include "envelope.h"

#include <exception>
#include <utility>

namespace rollcall::rpc {
namespace {

// A call that has a deadline was given all of its timeout when it was made: no look at the clock.
TimePoint made_at(const Call& call) {
    const Duration timeout = call.invocation.timeout();
    if (call.deadline.is_never() || timeout <= Duration::zero()) return SteadyClock::now();
    return call.deadline.point() - timeout;
}

}  // namespace

OutgoingLayers::OutgoingLayers(Call& call, std::shared_ptr<const Around> around)
    : call_(call), around_(std::move(around)), began_(made_at(call)), walk_(around_->layers) {
}

OutgoingLayers::~OutgoingLayers() {
    if (!walk_.is_inside()) return;
    awaiting_ = false;
    const Error dropped{Errc::shutting_down, "the call was dropped with its client"};
    ended_ ? leave() : on_end(&dropped, 0);
}

void OutgoingLayers::enter() noexcept {
    said_ = walk_.enter(*this);
}

asio::awaitable<Result<void>> OutgoingLayers::finish() {
    awaiting_ = true;
    stop_.emplace();
    return walk_.finish(*this, std::move(*said_.awaited()));
}

void OutgoingLayers::end_awaiting() noexcept {
    awaiting_ = false;
    if (ended_) leave();
}

void OutgoingLayers::on_end(const Error* error, std::size_t reply_bytes) noexcept {
    ended_ = true;
    if (error != nullptr) error_ = std::make_unique<const Error>(*error);
    outcome_.error = error_.get();
    outcome_.request_bytes = call_.wire_bytes;
    outcome_.reply_bytes = reply_bytes;
    outcome_.began = began_;
    if (!awaiting_) return leave();
    outcome_.ended = SteadyClock::now();
    static_cast<void>(reply_metadata());  // it is gone when the layers are left
    stop_->request_stop();
}

const Metadata& OutgoingLayers::reply_metadata() const noexcept {
    const codec::Bytes map = std::exchange(reply_envelope_, {});
    if (map.empty()) return reply_metadata_;
    try {
        Envelope envelope;
        if (!read_envelope(map, envelope)) reply_metadata_ = std::move(envelope.metadata);
    } catch (const std::exception&) {  // out of memory: as if none had come
    }
    return reply_metadata_;
}

void OutgoingLayers::leave() noexcept {
    walk_.leave(*this, outcome_);
    reply_envelope_ = {};
}

}  // namespace rollcall::rpc
