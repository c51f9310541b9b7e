#pragma once
// Connections on their way to being encrypted.

#include <rollcall/http/server.h>
#include <rollcall/tls/context.h>

#include "stream_socket.h"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>

namespace rollcall::http {

// Only on the server's I/O thread. Must outlive what `io` runs for it.
class Handshakes {
public:
    using Done = std::function<void(std::optional<StreamSocket> encrypted)>;

    // Uses handshake_timeout and log of the options, which outlive it.
    Handshakes(asio::io_context& io, const ServerOptions& options) : io_(io), options_(options) {}

    // For those that begin from now on.
    void use(tls::Context context) { context_ = std::move(context); }

    // Calls `done` once, later, with the encrypted connection or, after it was closed, without.
    void begin(asio::ip::tcp::socket socket, const asio::ip::tcp::endpoint& peer, Done done);

    [[nodiscard]] std::size_t under_way() const { return all_.size(); }

    // Closes those under way.
    void stop();

private:
    struct One;

    void finish(const std::shared_ptr<One>& one, asio::error_code ec);
    void linger(const std::shared_ptr<One>& one);
    void end(const std::shared_ptr<One>& one, bool encrypted);

    asio::io_context& io_;
    const ServerOptions& options_;
    tls::Context context_;
    std::unordered_set<std::shared_ptr<One>> all_;
};

}  // namespace rollcall::http
