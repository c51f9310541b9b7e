// Raw Asio: coalesced writes, one large read, no parsing. The client knows how long a reply is and
// counts bytes. What it reaches is what any protocol on Asio can reach at most.

#include "contender.h"
#include "request_bytes.h"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::bench {
namespace {

using asio::ip::tcp;

constexpr std::size_t kBufferBytes = std::size_t{256} << 10U;

class EchoConnection {
public:
    explicit EchoConnection(tcp::socket socket)
        : socket_(std::move(socket)), buffer_(kBufferBytes) {
        socket_.set_option(tcp::no_delay{true});
        socket_.non_blocking(true);
    }

    static void read(const std::shared_ptr<EchoConnection>& self) {
        self->socket_.async_read_some(
            asio::buffer(self->buffer_),
            [self](const asio::error_code& ec, std::size_t bytes) {
                if (!ec) write(self, bytes);
            }
        );
    }

private:
    static void write(const std::shared_ptr<EchoConnection>& self, std::size_t bytes) {
        asio::error_code ec;
        const std::size_t sent =
            self->socket_.write_some(asio::buffer(self->buffer_.data(), bytes), ec);
        if (sent == bytes) return read(self);
        if (ec && ec != asio::error::would_block) return;
        asio::async_write(
            self->socket_,
            asio::buffer(self->buffer_.data() + sent, bytes - sent),
            [self](const asio::error_code& failed, std::size_t) {
                if (!failed) read(self);
            }
        );
    }

    tcp::socket socket_;
    std::vector<char> buffer_;
};

class LoadConnection {
public:
    LoadConnection(
        asio::io_context& context, const Endpoint& server, const Workload& workload, Measurement& to
    )
        : socket_(context),
          request_(request_bytes(workload.payload_bytes)),
          measurement_(to),
          buffer_(kBufferBytes) {
        socket_.connect({asio::ip::make_address(server.host()), server.port()});
        socket_.set_option(tcp::no_delay{true});
    }

    void start(std::size_t calls) {
        send(calls, SteadyClock::now());
        read();
    }

private:
    void send(std::size_t calls, TimePoint now) {
        outgoing_.clear();
        for (std::size_t i = 0; i < calls; ++i) {
            outgoing_ += request_;
            sent_.push_back(now);
        }
        // Blocking: the kernel's buffers hold all that is ever in flight of small requests, and
        // for large ones there is nothing else to do meanwhile but to read what comes back.
        write_all(outgoing_);
    }

    void write_all(std::string_view bytes) {
        while (!bytes.empty()) {
            asio::error_code ec;
            socket_.non_blocking(true);
            const std::size_t n = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), ec);
            bytes.remove_prefix(n);
            if (ec == asio::error::would_block) drain_while_writing();
        }
    }

    void drain_while_writing() {
        asio::error_code ec;
        received_ += socket_.read_some(asio::buffer(buffer_), ec);
    }

    void read() {
        socket_.async_read_some(
            asio::buffer(buffer_),
            [this](const asio::error_code& ec, std::size_t bytes) {
                if (ec) return measurement_.add_failure();
                received_ += bytes;
                on_received();
            }
        );
    }

    void on_received() {
        TimePoint now;
        std::size_t replies = 0;
        // As every contender: one look at the clock for each call.
        for (; received_ >= request_.size(); received_ -= request_.size(), ++replies) {
            now = SteadyClock::now();
            measurement_.add(sent_.front(), now);
            sent_.pop_front();
        }
        if (replies > 0) {
            if (measurement_.is_over(now)) return;
            send(replies, now);
        }
        read();
    }

    tcp::socket socket_;
    const std::string request_;
    Measurement& measurement_;
    std::vector<char> buffer_;
    std::string outgoing_;
    std::deque<TimePoint> sent_;
    std::size_t received_ = 0;
};

void accept(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](const asio::error_code& ec, tcp::socket socket) {
        if (!ec) EchoConnection::read(std::make_shared<EchoConnection>(std::move(socket)));
        accept(acceptor);
    });
}

void serve_asio(const Listening& listening) {
    asio::io_context context{1};
    tcp::acceptor acceptor{context, {asio::ip::make_address("127.0.0.1"), 0}};
    accept(acceptor);
    listening(acceptor.local_endpoint().port());
    context.run();
}

void load_asio(const Endpoint& server, const Workload& workload, Measurement& measurement) {
    asio::io_context context{1};
    std::vector<std::unique_ptr<LoadConnection>> connections;
    for (std::size_t i = 0; i < workload.connections; ++i) {
        connections.push_back(
            std::make_unique<LoadConnection>(context, server, workload, measurement)
        );
    }
    measurement.begin();
    for (const auto& connection : connections)
        connection->start(workload.in_flight);
    context.run();
}

}  // namespace

Contenders asio_contenders() {
    return {{"asio", serve_asio, load_asio}};
}

}  // namespace rollcall::bench
