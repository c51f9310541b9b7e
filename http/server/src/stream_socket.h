#pragma once
// The socket under a connection, plain or encrypted, as RESTinio and Asio want it.

#include "request_memory.h"
#include "tls_session.h"

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>

#include <memory>
#include <string>
#include <utility>

namespace rollcall::http {

// Asio's own TLS stream keeps 70 KiB of buffers per connection, idle or not; this one keeps none.
// One thread runs it all. As with Asio's sockets, the handler of an operation keeps it alive.
class StreamSocket {
public:
    using executor_type = asio::ip::tcp::socket::executor_type;
    using lowest_layer_type = asio::ip::tcp::socket::lowest_layer_type;

    // A plain one.
    explicit StreamSocket(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

    // An encrypted one; async_handshake() comes first.
    StreamSocket(
        asio::ip::tcp::socket socket, const tls::Context& context, const std::string& client_ca_file
    )
        : socket_(std::move(socket)),
          tls_(std::make_unique<TlsSession>(socket_.native_handle(), context, client_ca_file)) {}

    StreamSocket(StreamSocket&&) = default;
    // The session says goodbye over the socket, so it goes first.
    StreamSocket& operator=(StreamSocket&&) = delete;

    ~StreamSocket() { tls_.reset(); }

    [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }

    [[nodiscard]] lowest_layer_type& lowest_layer() { return socket_.lowest_layer(); }

    [[nodiscard]] asio::ip::tcp::socket& plain() { return socket_; }

    // From now on what is read counts against `memory`.
    void count_requests(std::shared_ptr<RequestMemory> memory) {
        reading_ = std::make_unique<RequestReading>(std::move(memory));
    }

    // None for a plain one.
    [[nodiscard]] const TlsSession* tls() const { return tls_.get(); }

    [[nodiscard]] bool is_open() const { return socket_.is_open(); }

    void cancel(asio::error_code& ec) { socket_.cancel(ec); }

    void shutdown(asio::ip::tcp::socket::shutdown_type what, asio::error_code& ec) {
        tls_.reset();
        socket_.shutdown(what, ec);
    }

    void close() {
        tls_.reset();
        socket_.close();
    }

    // handler(error_code)
    template <class Handler>
    void async_handshake(Handler handler) {
        advance(
            [this] { return tls_->handshake(); },
            [handler = std::move(handler)](asio::error_code ec, std::size_t) mutable {
                handler(ec);
            }
        );
    }

    // handler(error_code, bytes)
    template <class Buffers, class Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        // The handler parses what has come.
        auto counted = [reading = reading_.get(), handler = std::forward<Handler>(handler)](
                           asio::error_code ec, std::size_t bytes
                       ) mutable {
            const RequestReading::Scope scope{reading};
            handler(ec, bytes);
        };
        if (!tls_) return void(socket_.async_read_some(buffers, std::move(counted)));
        const asio::mutable_buffer first = first_of<asio::mutable_buffer>(buffers);
        advance(
            [this, first] { return tls_->read(first.data(), first.size()); }, std::move(counted)
        );
    }

    template <class Buffers, class Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        if (!tls_) return void(socket_.async_write_some(buffers, std::forward<Handler>(handler)));
        const asio::const_buffer first = first_of<asio::const_buffer>(buffers);
        advance(
            [this, first] { return tls_->write(first.data(), first.size()); },
            std::forward<Handler>(handler)
        );
    }

private:
    // TLS takes one piece at a time; an empty one would end a write that has more to come.
    template <class Buffer, class Buffers>
    [[nodiscard]] static Buffer first_of(const Buffers& buffers) {
        for (auto each = asio::buffer_sequence_begin(buffers);
             each != asio::buffer_sequence_end(buffers);
             ++each) {
            if (Buffer{*each}.size() > 0) return Buffer{*each};
        }
        return {};
    }

    // Tries at once, then whenever the socket is ready. Completes as if posted, like Asio.
    template <class Step, class Handler>
    void advance(Step step, Handler&& handler) {
        const TlsStep now = step();
        if (now.want == TlsStep::Want::nothing) {
            asio::post(
                socket_.get_executor(),
                [now, handler = std::forward<Handler>(handler)]() mutable {
                    handler(now.error, now.bytes);
                }
            );
            return;
        }
        wait(std::move(step), now.want, std::forward<Handler>(handler));
    }

    template <class Step, class Handler>
    void wait(Step step, TlsStep::Want want, Handler&& handler) {
        using asio::ip::tcp;
        socket_.async_wait(
            want == TlsStep::Want::read ? tcp::socket::wait_read : tcp::socket::wait_write,
            [this,
             step = std::move(step),
             handler = std::forward<Handler>(handler)](asio::error_code ec) mutable {
                // Closed meanwhile, perhaps after the socket was found ready.
                if (!ec && !tls_) ec = asio::error::operation_aborted;
                const TlsStep now = ec ? TlsStep{TlsStep::Want::nothing, 0, ec} : step();
                if (now.want == TlsStep::Want::nothing) return handler(now.error, now.bytes);
                wait(std::move(step), now.want, std::move(handler));
            }
        );
    }

    asio::ip::tcp::socket socket_;
    std::unique_ptr<TlsSession> tls_;
    std::unique_ptr<RequestReading> reading_;
};

}  // namespace rollcall::http
