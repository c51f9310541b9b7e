#include "handshakes.h"

#include "peer.h"
#include "response_head.h"

#include <asio/steady_timer.hpp>

#include <array>
#include <string>
#include <utility>

namespace rollcall::http {
namespace {

using asio::ip::tcp;

// A person with the wrong URL reads this; nobody else is answered.
const std::string& answer_to_plain_http() {
    static const std::string kAnswer = [] {
        const Response response =
            Response::text(400, "This port speaks HTTPS: the URL must start with https://.");
        return response_head(response, /*keep_alive=*/false) + *response.body;
    }();
    return kAnswer;
}

}  // namespace

struct Handshakes::One {
    One(StreamSocket taken, asio::io_context& io, Done then, std::string name)
        : socket(std::move(taken)), timer(io), done(std::move(then)), peer(std::move(name)) {}

    StreamSocket socket;
    asio::steady_timer timer;
    Done done;
    std::string peer;
    bool late = false;
    std::array<char, 1024> dropped{};
};

void Handshakes::begin(tcp::socket socket, const tcp::endpoint& peer, Done done) {
    auto one = std::make_shared<One>(
        StreamSocket{std::move(socket), context_, options_.tls.client_ca_file},
        io_,
        std::move(done),
        endpoint_of(peer).to_string()
    );
    all_.insert(one);
    one->timer.expires_after(options_.handshake_timeout);
    one->timer.async_wait([one](asio::error_code ec) {
        if (ec) return;
        one->late = true;
        one->socket.close();
    });
    one->socket.async_handshake([this, one](asio::error_code ec) { finish(one, ec); });
}

void Handshakes::finish(const std::shared_ptr<One>& one, asio::error_code ec) {
    if (!ec) return end(one, /*encrypted=*/true);
    const TlsSession* const tls = one->socket.tls();
    if (one->late) {
        options_.log.debug(one->peer + " was too slow to begin TLS, its connection was closed");
    } else if (tls != nullptr && tls->heard_plain_http()) {
        options_.log.debug(
            one->peer +
            " speaks plain HTTP, but this port speaks HTTPS; its URL must start with "
            "https://"
        );
        asio::error_code ignored;
        const std::string& answer = answer_to_plain_http();
        one->socket.plain().non_blocking(true, ignored);
        one->socket.plain().write_some(asio::buffer(answer), ignored);
    } else if (tls != nullptr) {
        options_.log.debug(one->peer + " failed to begin TLS: " + tls->reason());
    }
    if (!one->socket.is_open()) return end(one, /*encrypted=*/false);
    asio::error_code ignored;
    one->socket.plain().shutdown(tcp::socket::shutdown_send, ignored);
    linger(one);
}

// Until the client leaves or its time is over: a close with bytes unread would reset the connection
// and might lose what the client should be told.
void Handshakes::linger(const std::shared_ptr<One>& one) {
    one->socket.plain().async_read_some(
        asio::buffer(one->dropped),
        [this, one](asio::error_code ec, std::size_t) {
            ec ? end(one, /*encrypted=*/false) : linger(one);
        }
    );
}

void Handshakes::end(const std::shared_ptr<One>& one, bool encrypted) {
    if (all_.erase(one) == 0) return;
    one->timer.cancel();
    std::optional<StreamSocket> socket;
    if (encrypted && one->socket.is_open()) socket.emplace(std::move(one->socket));
    if (!encrypted) one->socket.close();
    const Done done = std::move(one->done);
    done(std::move(socket));
}

void Handshakes::stop() {
    for (const auto& one : all_)
        one->socket.close();
}

}  // namespace rollcall::http
