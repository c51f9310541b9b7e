#include "stream_socket.h"

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace rollcall::rpc {
namespace {

std::optional<Endpoint> inet_endpoint(const StreamAddress& address) {
    asio::ip::tcp::endpoint tcp;
    if (address.size() > tcp.capacity()) return std::nullopt;
    std::memcpy(tcp.data(), address.data(), address.size());
    tcp.resize(address.size());
    return Endpoint{tcp.address().to_string(), tcp.port()};
}

std::optional<Endpoint> unix_endpoint(const StreamAddress& address) {
    constexpr std::size_t kNameAt = offsetof(sockaddr_un, sun_path);
    if (address.size() <= kNameAt) return std::nullopt;  // it has no name
    const auto* const raw = reinterpret_cast<const char*>(address.data());
    std::string name{raw + kNameAt, address.size() - kNameAt};
    if (name.front() == '\0') {
        name.front() = '@';
    } else {
        name.resize(std::strlen(name.c_str()));
    }
    return Endpoint{"unix:" + name, 0};
}

}  // namespace

void take_over(StreamSocket& socket, int descriptor, asio::error_code& ec) {
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size);
    socket.assign(StreamAddress::protocol_type{family, 0}, descriptor, ec);
    if (ec) ::close(descriptor);
}

void watch_anew(StreamSocket& socket, asio::error_code& ec) {
    const int descriptor = socket.release(ec);
    if (!ec) take_over(socket, descriptor, ec);
}

StreamAddress unix_address(const Endpoint& endpoint) {
    std::string name{endpoint.unix_name()};
    if (name.starts_with('@')) name.front() = '\0';
    return asio::local::stream_protocol::endpoint{name};
}

std::optional<Endpoint> endpoint_of(const StreamAddress& address) {
    switch (address.protocol().family()) {
        case AF_INET:
        case AF_INET6:
            return inet_endpoint(address);
        case AF_UNIX:
            return unix_endpoint(address);
        default:
            return std::nullopt;
    }
}

std::optional<UnixPeer> unix_peer_of(int descriptor) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.pid == 0)
        return std::nullopt;
    return UnixPeer{who.pid, who.uid, who.gid};
}

std::optional<UnixPeer> unix_peer_of(const StreamSocket& socket) {
    // Asio's sockets give their descriptor only if they may be changed.
    return unix_peer_of(const_cast<StreamSocket&>(socket).native_handle());
}

std::string peer_text(const StreamSocket& socket) {
    asio::error_code ec;
    const StreamAddress remote = socket.remote_endpoint(ec);
    if (ec) return {};
    if (remote.protocol().family() != AF_UNIX) {
        const auto endpoint = endpoint_of(remote);
        return endpoint ? endpoint->to_string() : std::string{};
    }
    // Clients have no name of their own; the socket that they came to has, on either side.
    auto endpoint = endpoint_of(remote);
    if (!endpoint) endpoint = endpoint_of(socket.local_endpoint(ec));
    std::string text = endpoint ? endpoint->to_string() : "unix:";
    if (const auto who = unix_peer_of(socket)) {
        text += " (uid " + std::to_string(who->uid) + ", pid " + std::to_string(who->pid) + ")";
    }
    return text;
}

}  // namespace rollcall::rpc
