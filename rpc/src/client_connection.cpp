#include "client_connection.h"

#include <utility>

namespace rollcall::rpc {
namespace {

// How long a server may acknowledge nothing of what was sent, or read nothing of it, before the
// connection is given up. Longer than a server that is only busy reads nothing: a connection that
// ends takes the calls on it along.
constexpr std::chrono::seconds kVanishedAfter{60};

}  // namespace

ClientConnection::ClientConnection(
    ClientConnectionOwner& owner,
    IoThread& thread,
    asio::ip::tcp::socket socket,
    ClientSession session
)
    : owner_(&owner),
      thread_(thread),
      stream_(std::move(socket), session.limits()),
      session_(std::move(session)) {
    stream_.transport().limit_unacknowledged(kVanishedAfter);
}

void ClientConnection::open(const Self& self) {
    self->session_.open(self->thread_.output());
    flush(self);
    if (self->owner_ != nullptr) arm_read(self);
}

void ClientConnection::send(const CallPtr& call) {
    codec::Buffer& out = thread_.output();
    const auto large_body = session_.start(call, out);
    if (!large_body) return;
    // The order of bytes on the wire: what is queued, the output so far, the body.
    stream_.queue().append(out, 0);
    stream_.queue().append(large_body);
}

void ClientConnection::flush(const Self& self) {
    const bool sent = self->stream_.send(self->thread_.output());
    self->thread_.reset_output();
    if (!sent) return break_off(self);
    self->session_.on_written(self->stream_.written());
    if (!self->session_.may_keep_unsent(self->stream_.queue().bytes())) {
        return self->lose("the server asks, but does not read the answers");
    }
    if (!self->stream_.queue().empty()) arm_write(self);
}

void ClientConnection::arm_read(const Self& self) {
    self->stream_.transport().async_wait_readable([self](const asio::error_code& ec) {
        if (self->owner_ == nullptr) return;
        if (ec) return self->lose(ec.message());
        on_readable(self);
    });
}

void ClientConnection::arm_write(const Self& self) {
    if (std::exchange(self->writing_, true)) return;
    self->stream_.transport().async_wait_writable([self](const asio::error_code& ec) {
        self->writing_ = false;
        if (self->owner_ == nullptr) return;
        if (ec) return self->lose(ec.message());
        on_writable(self);
    });
}

void ClientConnection::on_readable(const Self& self) {
    std::optional<std::string> wrong;
    const auto status = self->read(wrong);
    if (wrong) return self->lose("the server does not speak MessagePack-RPC: " + *wrong);
    flush(self);
    if (self->owner_ == nullptr) return;
    // What was read before the end still counts: it has been handed out by now.
    if (status != MessageStream::ReadStatus::ok && status != MessageStream::ReadStatus::nothing) {
        return self->lose(self->stream_.error());
    }
    self->owner_->on_heard(*self);
    if (self->owner_ != nullptr) arm_read(self);
}

void ClientConnection::on_writable(const Self& self) {
    if (!self->stream_.send_queued()) return break_off(self);
    self->session_.on_written(self->stream_.written());
    if (!self->stream_.queue().empty()) arm_write(self);
    self->owner_->on_writable(*self);
}

void ClientConnection::break_off(const Self& self) {
    // A server that closes at once may have said why, and one that stops has answered first.
    const std::string reason = self->stream_.error();
    std::optional<std::string> wrong;
    while (self->read(wrong) == MessageStream::ReadStatus::ok && !wrong) {
        self->thread_.reset_output();  // answers that nobody can get
    }
    self->lose(reason);
}

MessageStream::ReadStatus ClientConnection::read(std::optional<std::string>& wrong) {
    return stream_.read(
        thread_,
        [](codec::Bytes) { return true; },
        [&](codec::Bytes frame) {
            wrong = session_.on_message(frame, thread_.output());
            return !wrong;
        }
    );
}

void ClientConnection::lose(const std::string& reason) {
    ClientConnectionOwner* const owner = owner_;
    close();
    if (owner != nullptr) owner->on_lost(*this, reason);
}

void ClientConnection::close() {
    owner_ = nullptr;
    thread_.reset_output();
    stream_.transport().close();
}

}  // namespace rollcall::rpc
