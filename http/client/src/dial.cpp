#include "dial.h"

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rollcall::http {
namespace {

class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}

    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const { return value_; }

    [[nodiscard]] int release() { return std::exchange(value_, -1); }

private:
    int value_;
};

Error failed(const std::string& address, int error) {
    return Error{Errc::connect_failed, address + ": " + std::generic_category().message(error)};
}

Error ended(const std::string& address, IoEnd end, Duration timeout) {
    if (end == IoEnd::cancelled) return Error{Errc::cancelled, "cancelled"};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
    return Error{
        Errc::connect_failed, address + ": no answer within " + std::to_string(ms) + " ms"};
}

using AddrInfo = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// Only converts text (with an IPv6 scope, if it has one): never asks a name server.
AddrInfo parse_numeric(const std::string& address, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
        found = nullptr;
    }
    return AddrInfo{found, &::freeaddrinfo};
}

Result<int> dial_one(
    const std::string& address, const DialOptions& options, const IoBounds& bounds
) {
    const AddrInfo target = parse_numeric(address, options.port);
    if (!target) return Error{Errc::connect_failed, address + ": not a numeric address"};
    Descriptor socket{
        ::socket(target->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP)};
    if (socket.get() < 0) return failed(address, errno);
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), target->ai_addr, target->ai_addrlen) != 0) {
        if (errno != EINPROGRESS) return failed(address, errno);
        const Deadline attempt = Deadline::in(options.timeout);
        const IoBounds attempt_bounds{attempt.earlier(bounds.deadline), bounds.wake};
        const IoEnd end = wait_ready(socket.get(), POLLOUT, attempt_bounds);
        if (end != IoEnd::ready) return ended(address, end, options.timeout);
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return failed(address, error);
    }
    return socket.release();
}

}  // namespace

Result<int> dial(
    const std::vector<std::string>& addresses, const DialOptions& options, const IoBounds& bounds
) {
    std::string reasons;
    for (const std::string& address : addresses) {
        auto descriptor = dial_one(address, options, bounds);
        if (descriptor || descriptor.error().code() == Errc::cancelled) return descriptor;
        if (bounds.deadline.expired()) {
            return Error{Errc::timed_out, "the deadline passed while dialling " + address};
        }
        if (!reasons.empty()) reasons += "; ";
        reasons += descriptor.error().message();
    }
    return Error{Errc::connect_failed, "cannot connect to " + reasons};
}

Result<std::string> local_address_of(int descriptor) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    std::string text(NI_MAXHOST, '\0');
    if (::getsockname(descriptor, generic, &size) != 0 || ::getnameinfo(
                                                              generic,
                                                              size,
                                                              text.data(),
                                                              static_cast<socklen_t>(text.size()),
                                                              nullptr,
                                                              0,
                                                              NI_NUMERICHOST
                                                          ) != 0) {
        return Error{Errc::connection_lost, "the local address of the connection is unknown"};
    }
    return std::string{text.c_str()};
}

}  // namespace rollcall::http
