#pragma once
// A connected byte stream, over TCP or a Unix domain socket, plain or encrypted: what connections
// read from and write to.

#include <rollcall/rpc/peer_identity.h>
#include <rollcall/tls/session.h>

#include "stream_socket.h"

#include <asio/post.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace rollcall::rpc {

// Waits are asynchronous, transfers are not: when a wait says that bytes are here, they are read
// at once into a buffer that is only lent. Owned by one connection, used on its I/O thread.
class Transport {
public:
    // Takes over a connected socket: non-blocking, without Nagle's delay.
    explicit Transport(StreamSocket socket);

    Transport(Transport&&) noexcept = default;
    Transport& operator=(Transport&&) = delete;
    ~Transport();

    // From now on by a session over this socket. First come handshakes, until one is done, each
    // time after async_wait_for() what the last one wanted; then the other verbs.
    void encrypt(std::unique_ptr<tls::Session> session);
    [[nodiscard]] tls::Step handshake();

    template <class Handler>
    void async_wait_for(const tls::Step& step, Handler&& handler) {
        wait(step.state == tls::Step::State::wants_write, std::forward<Handler>(handler));
    }

    // Bytes read. Zero with would_block when nothing is here, with eof at the end of the stream; an
    // encrypted stream that is cut off ends with an error instead.
    [[nodiscard]] std::size_t read_some(std::span<char> to, asio::error_code& ec) {
        if (encrypted_) return read_encrypted(to, ec);
        if (socket_) return socket_->read_some(asio::buffer(to.data(), to.size()), ec);
        ec = asio::error::bad_descriptor;
        return 0;
    }

    // Bytes taken by the kernel, possibly fewer than given. Zero with would_block when it is full;
    // then the next write begins with the same bytes, and gives no fewer.
    template <class ConstBuffers>
    [[nodiscard]] std::size_t write_some(const ConstBuffers& from, asio::error_code& ec) {
        if (encrypted_) {
            WriteBuffers buffers;
            for (auto each = asio::buffer_sequence_begin(from);
                 each != asio::buffer_sequence_end(from) && buffers.count < buffers.all.size();
                 ++each)
                buffers.all[buffers.count++] = *each;
            return write_encrypted(buffers, ec);
        }
        if (socket_) return socket_->write_some(from, ec);
        ec = asio::error::bad_descriptor;
        return 0;
    }

    // Only while it is open; throws std::logic_error otherwise. Never completes before it returns.
    template <class Handler>
    void async_wait_readable(Handler&& handler) {
        if (!encrypted_) return wait(false, std::forward<Handler>(handler));
        if (!encrypted_->session->has_pending())
            return wait(encrypted_->read_wants_write, std::forward<Handler>(handler));
        // Decrypted already: the socket would not tell.
        asio::post(
            open_socket().get_executor(),
            [handler = std::forward<Handler>(handler)]() mutable { handler(asio::error_code{}); }
        );
    }

    template <class Handler>
    void async_wait_writable(Handler&& handler) {
        wait(!encrypted_ || !encrypted_->write_wants_read, std::forward<Handler>(handler));
    }

    // Ends a connection whose peer has vanished, or reads nothing, for this long while bytes wait
    // for it. Without it the kernel goes on for a quarter of an hour. Not of a Unix domain socket,
    // whose peer cannot vanish unnoticed.
    void limit_unacknowledged(std::chrono::milliseconds time);

    // Bytes that were sent and that the other end has not acknowledged, or, of a Unix domain
    // socket, not read yet.
    [[nodiscard]] std::size_t unacknowledged();

    // The other end has ended the connection, though what it has sent may not be read yet.
    [[nodiscard]] bool has_ended();

    // Ends the sending direction: the peer reads what was sent, then the end of the stream.
    void finish_sending();
    // Final: nothing may be waited for afterwards, and nothing of the loop is used, which may end
    // before the connection's last owner does.
    void close();

    // The other end, "host:port" or "unix:/run/x.sock (uid 1000, pid 12)"; empty if it has gone
    // already.
    [[nodiscard]] std::string peer() const;

    // The same with what else is known. Costs a few system calls, and hashing a certificate.
    [[nodiscard]] PeerIdentity identity() const;

    [[nodiscard]] bool is_encrypted() const noexcept { return encrypted_ != nullptr; }

    // What an error of read_some() or write_some() means, for people.
    [[nodiscard]] std::string words_for(const asio::error_code& ec) const;
    // Likewise of a handshake() that has failed.
    [[nodiscard]] std::string words_for(const tls::Step& step);

    [[nodiscard]] int descriptor() { return open_socket().native_handle(); }

    // Of a client: why the server has ended the TLS handshake, so that it has read nothing of what
    // was written. That may come after our side of the handshake.
    [[nodiscard]] std::optional<Error> refused() const;

private:
    // Not in the object itself: a plain connection has only the pointer.
    struct Encrypted {
        std::unique_ptr<tls::Session> session;
        bool read_wants_write = false;
        bool write_wants_read = false;
        bool finish_wanted = false;  // the goodbye has not been taken yet
        std::string problem;         // of the last transfer that failed
    };

    struct WriteBuffers {
        std::array<asio::const_buffer, 16> all;
        std::size_t count = 0;
    };

    [[nodiscard]] StreamSocket& open_socket() {
        if (!socket_) throw std::logic_error{"a closed connection is waited for"};
        return *socket_;
    }

    template <class Handler>
    void wait(bool writable, Handler&& handler) {
        open_socket().async_wait(
            writable ? asio::socket_base::wait_write : asio::socket_base::wait_read,
            std::forward<Handler>(handler)
        );
    }

    [[nodiscard]] std::size_t read_encrypted(std::span<char> to, asio::error_code& ec);
    [[nodiscard]] std::size_t write_encrypted(const WriteBuffers& from, asio::error_code& ec);
    [[nodiscard]] asio::error_code problem_of(const tls::Step& step);
    void finish_encrypted();

    std::optional<StreamSocket> socket_;  // none once closed
    std::unique_ptr<Encrypted> encrypted_;
};

}  // namespace rollcall::rpc
