#include "transport.h"

#include <rollcall/base/close_on_exec.h>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace rollcall::rpc {

Transport::Transport(StreamSocket socket) : socket_(std::move(socket)) {
    // Errors here mean that the peer has gone already; the first read will say so.
    asio::error_code ignored;
    close_on_exec(socket_->native_handle());
    socket_->non_blocking(true, ignored);
    socket_->set_option(asio::ip::tcp::no_delay{true}, ignored);  // fails for Unix domain sockets
}

std::size_t Transport::read_some(std::span<char> to, asio::error_code& ec) {
    if (!socket_) {
        ec = asio::error::bad_descriptor;
        return 0;
    }
    return socket_->read_some(asio::buffer(to.data(), to.size()), ec);
}

void Transport::limit_unacknowledged(std::chrono::milliseconds time) {
    const auto ms = static_cast<unsigned>(time.count());
    if (socket_)
        ::setsockopt(socket_->native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

void Transport::finish_sending() {
    asio::error_code ignored;
    if (socket_) socket_->shutdown(asio::socket_base::shutdown_send, ignored);
}

void Transport::close() {
    if (!socket_) return;
    asio::error_code ignored;
    socket_->close(ignored);
    socket_.reset();
}

std::string Transport::peer() const {
    return socket_ ? peer_text(*socket_) : std::string{};
}

}  // namespace rollcall::rpc
