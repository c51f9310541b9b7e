#pragma once
// A connected byte stream, over TCP or a Unix domain socket: what connections read from and write
// to.

#include "stream_socket.h"

#include <chrono>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace rollcall::rpc {

// Waits are asynchronous, transfers are not: when a wait says that bytes are here, they are read
// at once into a buffer that is only lent. Owned by one connection, used on its I/O thread.
// This is the place of TLS: it has the same four verbs.
class Transport {
public:
    // Takes over a connected socket: non-blocking, without Nagle's delay.
    explicit Transport(StreamSocket socket);

    // Bytes read. Zero with would_block when nothing is here, with eof at the end of the stream.
    [[nodiscard]] std::size_t read_some(std::span<char> to, asio::error_code& ec);

    // Bytes taken by the kernel, possibly fewer than given. Zero with would_block when it is full.
    template <class ConstBuffers>
    [[nodiscard]] std::size_t write_some(const ConstBuffers& from, asio::error_code& ec) {
        if (socket_) return socket_->write_some(from, ec);
        ec = asio::error::bad_descriptor;
        return 0;
    }

    // Only while it is open; throws std::logic_error otherwise.
    template <class Handler>
    void async_wait_readable(Handler&& handler) {
        open_socket().async_wait(asio::socket_base::wait_read, std::forward<Handler>(handler));
    }

    template <class Handler>
    void async_wait_writable(Handler&& handler) {
        open_socket().async_wait(asio::socket_base::wait_write, std::forward<Handler>(handler));
    }

    // Ends a connection whose peer has vanished, or reads nothing, for this long while bytes wait
    // for it. Without it the kernel goes on for a quarter of an hour. Not of a Unix domain socket,
    // whose peer cannot vanish unnoticed.
    void limit_unacknowledged(std::chrono::milliseconds time);

    // Ends the sending direction: the peer reads what was sent, then the end of the stream.
    void finish_sending();
    // Final: nothing may be waited for afterwards, and nothing of the loop is used, which may end
    // before the connection's last owner does.
    void close();

    // The other end, "host:port" or "unix:/run/x.sock (uid 1000, pid 12)"; empty if it has gone
    // already.
    [[nodiscard]] std::string peer() const;

private:
    [[nodiscard]] StreamSocket& open_socket() {
        if (!socket_) throw std::logic_error{"a closed connection is waited for"};
        return *socket_;
    }

    std::optional<StreamSocket> socket_;  // none once closed
};

}  // namespace rollcall::rpc
