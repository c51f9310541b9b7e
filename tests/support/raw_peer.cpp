#include "support/raw_peer.h"

#include <rollcall/base/deadline.h>

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rollcall::tests {
namespace {

int milliseconds_left(const Deadline& deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.remaining());
    return static_cast<int>(left.count());
}

bool wait_for(int descriptor, short events, const Deadline& deadline) {
    pollfd entry{descriptor, events, 0};
    int ready = 0;
    do {
        ready = ::poll(&entry, 1, milliseconds_left(deadline));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

// Before it connects or listens. The other end's buffer follows from the size of its segments.
void set_buffers(int descriptor, Buffers buffers) {
    if (buffers == Buffers::usual) return;
    const int bytes = 8 << 10;
    const int segment = 1000;
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
}

}  // namespace

RawPeer::RawPeer(const Endpoint& endpoint, Buffers buffers) {
    sockaddr_in6 six{};
    sockaddr_in four{};
    sockaddr_un local{};
    sockaddr* address = nullptr;
    socklen_t length = 0;
    if (endpoint.is_unix()) {
        const std::string_view name = endpoint.unix_name();
        local.sun_family = AF_UNIX;
        name.copy(local.sun_path, sizeof local.sun_path);
        if (name.front() == '@') local.sun_path[0] = '\0';
        address = reinterpret_cast<sockaddr*>(&local);
        length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    } else if (endpoint.is_ipv6()) {
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(endpoint.port());
        ::inet_pton(AF_INET6, endpoint.host().c_str(), &six.sin6_addr);
        address = reinterpret_cast<sockaddr*>(&six);
        length = sizeof six;
    } else {
        four.sin_family = AF_INET;
        four.sin_port = htons(endpoint.port());
        ::inet_pton(AF_INET, endpoint.host().c_str(), &four.sin_addr);
        address = reinterpret_cast<sockaddr*>(&four);
        length = sizeof four;
    }
    descriptor_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) fail("socket");
    set_buffers(descriptor_, buffers);
    if (::connect(descriptor_, address, length) != 0) {
        const int error = errno;
        close();
        errno = error;
        fail("connect");
    }
}

RawPeer::RawPeer(int descriptor) : descriptor_(descriptor) {
}

RawPeer::RawPeer(RawPeer&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), at_end_(other.at_end_) {
}

RawPeer& RawPeer::operator=(RawPeer&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
        at_end_ = other.at_end_;
    }
    return *this;
}

RawPeer::~RawPeer() {
    close();
}

bool RawPeer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool RawPeer::is_cut_off(std::string_view piece, std::size_t most) {
    for (std::size_t sent = 0; sent < most; sent += piece.size()) {
        if (!send(piece)) return true;
    }
    return false;
}

std::string RawPeer::receive(std::size_t max_bytes, Duration limit) {
    if (descriptor_ < 0 || !wait_for(descriptor_, POLLIN, Deadline::in(limit))) return {};
    std::string bytes(max_bytes, '\0');
    ssize_t n = 0;
    do {
        n = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) at_end_ = true;
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
}

std::string RawPeer::receive_exactly(std::size_t bytes, Duration limit) {
    const Deadline deadline = Deadline::in(limit);
    std::string all;
    while (all.size() < bytes && !at_end_ && !deadline.expired()) {
        all += receive(bytes - all.size(), deadline.remaining());
    }
    return all;
}

std::string RawPeer::receive_all(Duration limit) {
    const Deadline deadline = Deadline::in(limit);
    std::string all;
    while (!at_end_ && !deadline.expired())
        all += receive(65536, deadline.remaining());
    return all;
}

void RawPeer::finish() {
    ::shutdown(descriptor_, SHUT_WR);
}

void RawPeer::reset() {
    const linger hard{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
}

void RawPeer::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void RawPeer::set_receive_buffer(int bytes) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

RawListener::RawListener(Buffers buffers) {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_buffers(descriptor_, buffers);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (descriptor_ < 0 || ::bind(descriptor_, generic, length) != 0 ||
        ::listen(descriptor_, 128) != 0 || ::getsockname(descriptor_, generic, &length) != 0) {
        fail("listen on 127.0.0.1");
    }
    endpoint_ = Endpoint{"127.0.0.1", ntohs(address.sin_port)};
}

RawListener::~RawListener() {
    close();
}

RawPeer RawListener::accept(Duration limit) {
    if (!wait_for(descriptor_, POLLIN, Deadline::in(limit)))
        throw std::runtime_error{"no connection came"};
    const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) fail("accept");
    return RawPeer{accepted};
}

void RawListener::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace rollcall::tests
