// The streams of a connection: which may begin, and how what they have to say gets out.

#include "connection.h"

#include <asio/post.hpp>

#include <algorithm>
#include <utility>

namespace rollcall::rpc {
namespace {

// Streams are given so much of the write queue: what else is said on the connection waits for no
// more than that.
constexpr std::size_t kQueueBytes = std::size_t{256} << 10U;
// After so many writes in one turn of the loop others have theirs.
constexpr int kWritesPerTurn = 4;

}  // namespace

// ---- ConnectionPort

void ConnectionPort::wake(const StreamKey& key) {
    {
        const std::lock_guard lock{mutex_};
        woken_.push_back(key);
        if (std::exchange(is_posted_, true)) return;
    }
    post();
}

void ConnectionPort::wake() {
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(is_posted_, true)) return;
    }
    post();
}

void ConnectionPort::post() {
    const auto thread = thread_.lock();
    if (!thread) return;
    asio::post(thread->context(), [weak = connection_] {
        if (const auto connection = weak.lock()) Connection::serve_streams(connection);
    });
}

std::vector<StreamKey> ConnectionPort::take_woken() {
    const std::lock_guard lock{mutex_};
    is_posted_ = false;
    return std::exchange(woken_, {});
}

// ---- Connection

StreamTable& Connection::streams(const Base& self) {
    if (!streams_) {
        stream_port_ = std::make_shared<ConnectionPort>(self, thread_life_);
        const StreamBounds bounds = stream_bounds();
        streams_ = std::make_unique<StreamTable>(bounds.options, bounds.items, stream_port_);
        incoming().set_streams(streams_.get());
    }
    return *streams_;
}

std::optional<Error> Connection::why_no_stream(const Admitted& admitted) const {
    const std::string name = "'" + admitted.method->name + "'";
    const auto asked = static_cast<StreamSides>(admitted.envelope.stream);
    const StreamSides sides = admitted.method->stream;
    if (sides == StreamSides::none) {
        return Error{Errc::invalid_request, name + " is no stream: call it instead of opening it"};
    }
    if (!reply_format().features.has_streams()) {
        return Error{
            Errc::invalid_request,
            name + " is a stream, and this peer has not agreed to streams in a hello"};
    }
    if (asked == StreamSides::none || !admitted.id) {
        return Error{Errc::invalid_request, name + " is a stream: open it instead of calling it"};
    }
    if (asked != sides) {
        return Error{
            Errc::invalid_request,
            "the stream of " + name + " has other directions than the request says"};
    }
    if (streams_ && !streams_->has_room(false))
        return Error{Errc::overloaded, "the peer has as many streams open as it may"};
    return std::nullopt;
}

void Connection::accept_stream(
    const Base& self, StreamSides sides, const std::shared_ptr<ActiveRequest>& request
) {
    StreamTable& table = streams(self);
    table.accept(request, sides, stream_peer());
    watch(table.earliest());
}

bool Connection::may_open(const Call& call) const {
    return call.kind != Call::Kind::stream || !streams_ || streams_->has_room(true);
}

void Connection::open_stream(const Base& self, const Call& call) {
    if (call.kind != Call::Kind::stream || call.done) return;
    StreamTable& table = streams(self);
    table.open(call.wire_id(), call.stream(), call.sides(), stream_peer());
    watch(table.earliest());
}

void Connection::finish_stream(
    const Base& self,
    const std::shared_ptr<ActiveRequest>& request,
    Result<void>&& ended,
    codec::Buffer&& result
) {
    self->streams(self).finish(request, std::move(ended), std::move(result));
    self->stream_port_->wake();
}

void Connection::serve_streams(const Base& self) {
    const std::vector<StreamKey> keys = self->stream_port_->take_woken();
    if (!self->is_open()) return;
    self->streams_->touch(keys);
    pump_streams(self);
}

void Connection::end_streams(const Base& self) {
    for (auto& each : self->streams_->take_broken()) {
        codec::Buffer cancel;
        self->give_up_call(each.id, std::move(each.why), cancel);
        self->thread_.output().append(cancel.view());
    }
    auto finished = self->streams_->take_finished();
    if (finished.empty()) return;
    self->stream_.queue().append(self->thread_.output(), 0);
    for (auto& each : finished) {
        self->incoming().end(*each.request);
        self->queue_reply(*each.request, std::move(each.ended), std::move(each.result));
    }
    self->on_reply_queued(self);
}

void Connection::pump_streams(const Base& self) {
    if (!self->streams_) return;
    const std::size_t most = std::min(kQueueBytes, self->stream_bounds().most_queued);
    for (int writes = 0; self->is_open() && self->streams_->has_work(); ++writes) {
        // A full queue goes on when the peer has read some of it; but replies of handlers that
        // have just ended nobody may have tried to send yet.
        if (self->stream_.queue().bytes() >= most) self->send_output(self);
        const std::size_t queued = self->stream_.queue().bytes();
        if (!self->is_open() || queued >= most) return;
        if (writes == kWritesPerTurn) return self->stream_port_->wake();
        self->streams_->pump(self->thread_.output(), most - queued);
        end_streams(self);
        self->send_output(self);
    }
}

void Connection::expire_streams(const Base& self, TimePoint now) {
    if (!self->streams_) return;
    self->streams_->expire(now);
    self->stream_port_->wake();
}

Deadline Connection::earliest_stream() const {
    return streams_ && streams_->size() > 0 ? streams_->earliest() : Deadline::never();
}

}  // namespace rollcall::rpc
