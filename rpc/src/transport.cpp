#include "transport.h"

#include <rollcall/base/close_on_exec.h>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>

#include <algorithm>
#include <cstring>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace rollcall::rpc {
namespace {

using State = tls::Step::State;

// The most that one record holds.
constexpr std::size_t kRecordBytes = std::size_t{16} << 10U;

}  // namespace

Transport::Transport(StreamSocket socket) : socket_(std::move(socket)) {
    // Errors here mean that the peer has gone already; the first read will say so.
    asio::error_code ignored;
    close_on_exec(socket_->native_handle());
    socket_->non_blocking(true, ignored);
    // Fails for Unix domain sockets, which delay nothing.
    socket_->set_option(asio::ip::tcp::no_delay{true}, ignored);
}

std::size_t Transport::unacknowledged() {
    int bytes = 0;
    if (!socket_ || ::ioctl(socket_->native_handle(), SIOCOUTQ, &bytes) != 0) return 0;
    return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

bool Transport::has_ended() {
    if (!socket_) return true;
    pollfd end{socket_->native_handle(), POLLRDHUP, 0};
    return ::poll(&end, 1, 0) > 0 && (end.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Transport::encrypt(std::unique_ptr<tls::Session> session) {
    encrypted_ = std::make_unique<Encrypted>();
    encrypted_->session = std::move(session);
}

Transport::~Transport() = default;

tls::Step Transport::handshake() {
    if (!socket_) return {State::failed, 0, EBADF};
    return encrypted_->session->handshake();
}

asio::error_code Transport::problem_of(const tls::Step& step) {
    if (step.state == State::wants_read || step.state == State::wants_write)
        return asio::error::would_block;
    if (step.state == State::closed) return asio::error::eof;
    const auto& failure = encrypted_->session->failure();
    if (failure) {
        encrypted_->problem = failure->message();
    } else if (step.state == State::cut) {
        encrypted_->problem =
            "the stream was truncated: the connection ended without the goodbye of TLS";
    } else {
        encrypted_->problem = std::generic_category().message(step.error);
    }
    return asio::error::connection_aborted;
}

std::size_t Transport::read_encrypted(std::span<char> to, asio::error_code& ec) {
    ec = {};
    if (!socket_) {
        ec = asio::error::bad_descriptor;
        return 0;
    }
    if (encrypted_->finish_wanted) finish_encrypted();
    std::size_t done = 0;
    while (done < to.size()) {
        const tls::Step step = encrypted_->session->read(to.data() + done, to.size() - done);
        if (step.state == State::done) {
            done += step.bytes;
            continue;
        }
        encrypted_->read_wants_write =
            step.state == State::wants_write || encrypted_->finish_wanted;
        // What has been read comes first; an end is found again by the next call.
        if (done == 0) ec = problem_of(step);
        break;
    }
    return done;
}

std::size_t Transport::write_encrypted(const WriteBuffers& from, asio::error_code& ec) {
    static thread_local std::array<char, kRecordBytes> gathered;
    ec = {};
    if (!socket_) {
        ec = asio::error::bad_descriptor;
        return 0;
    }
    std::size_t done = 0;
    std::size_t index = 0;
    std::size_t offset = 0;  // in that buffer
    for (;;) {
        // As many small buffers as one record takes; after a want the same bytes make the same one.
        std::size_t size = 0;
        const char* record = gathered.data();
        std::size_t next = index;
        std::size_t next_offset = offset;
        while (next < from.count && size < kRecordBytes) {
            const asio::const_buffer& buffer = from.all[next];
            const auto* const data = static_cast<const char*>(buffer.data()) + next_offset;
            const std::size_t part = std::min(kRecordBytes - size, buffer.size() - next_offset);
            const bool is_alone = size == 0 && part == kRecordBytes;
            if (is_alone) {
                record = data;  // no copy
            } else {
                std::memcpy(gathered.data() + size, data, part);
            }
            size += part;
            next_offset += part;
            if (next_offset == buffer.size()) {
                ++next;
                next_offset = 0;
            }
        }
        if (size == 0) return done;
        const tls::Step step = encrypted_->session->write(record, size);
        encrypted_->write_wants_read = step.state == State::wants_read;
        if (step.state != State::done) {
            if (done == 0) ec = problem_of(step);
            return done;
        }
        // A record is written whole, or the rest of one that was begun with fewer bytes.
        done += step.bytes;
        for (std::size_t left = step.bytes; left > 0;) {
            const std::size_t part = std::min(left, from.all[index].size() - offset);
            left -= part;
            offset += part;
            if (offset < from.all[index].size()) continue;
            ++index;
            offset = 0;
        }
    }
}

void Transport::limit_unacknowledged(std::chrono::milliseconds time) {
    const auto ms = static_cast<unsigned>(time.count());
    if (socket_)
        ::setsockopt(socket_->native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

void Transport::finish_sending() {
    if (!socket_) return;
    if (encrypted_) return finish_encrypted();
    asio::error_code ignored;
    socket_->shutdown(asio::socket_base::shutdown_send, ignored);
}

void Transport::finish_encrypted() {
    const tls::Step step = encrypted_->session->finish();
    encrypted_->finish_wanted = step.state == State::wants_write;
    encrypted_->read_wants_write = encrypted_->finish_wanted;
    asio::error_code ignored;
    if (!encrypted_->finish_wanted) socket_->shutdown(asio::socket_base::shutdown_send, ignored);
}

void Transport::close() {
    if (!socket_) return;
    if (encrypted_) encrypted_->session->say_goodbye();
    asio::error_code ignored;
    socket_->close(ignored);
    socket_.reset();
}

std::string Transport::peer() const {
    return socket_ ? peer_text(*socket_) : std::string{};
}

PeerIdentity Transport::identity() const {
    if (!socket_) return {};
    std::optional<tls::PeerCertificate> certificate;
    if (encrypted_) certificate = encrypted_->session->peer_certificate();
    return PeerIdentity{peer_text(*socket_), unix_peer_of(*socket_), std::move(certificate)};
}

std::string Transport::words_for(const asio::error_code& ec) const {
    if (ec == asio::error::eof) return "the peer closed the connection";
    if (encrypted_ && ec == asio::error::connection_aborted && !encrypted_->problem.empty())
        return encrypted_->problem;
    return ec.message();
}

std::string Transport::words_for(const tls::Step& step) {
    return words_for(problem_of(step));
}

std::optional<Error> Transport::refused() const {
    if (!encrypted_ || !encrypted_->session->was_refused()) return std::nullopt;
    return encrypted_->session->failure();
}

}  // namespace rollcall::rpc
