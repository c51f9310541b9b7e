#include "raw_caller.h"

#include "request_bytes.h"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace rollcall::bench {
namespace {

void require(bool holds, const char* what) {
    if (!holds) throw std::system_error{errno, std::generic_category(), what};
}

class Socket {
public:
    explicit Socket(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
        require(descriptor_ >= 0, "socket");
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* const name = reinterpret_cast<const sockaddr*>(&address);
        if (::connect(descriptor_, name, sizeof address) != 0) {
            const int error = errno;
            ::close(descriptor_);
            throw std::system_error{error, std::generic_category(), "connect"};
        }
        const int on = 1;
        static_cast<void>(::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    }

    ~Socket() { ::close(descriptor_); }

    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

// Sends a request and reads as many bytes.
class RawCaller final : public Caller {
public:
    RawCaller(const Endpoint& server, std::size_t payload_bytes)
        : socket_(server.port()), request_(request_bytes(payload_bytes)), reply_(request_) {}

    bool call() override {
        return send() && ::recv(socket_.descriptor(), reply_.data(), reply_.size(), MSG_WAITALL) ==
                             static_cast<ssize_t>(reply_.size());
    }

private:
    [[nodiscard]] bool send() const {
        return ::send(socket_.descriptor(), request_.data(), request_.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(request_.size());
    }

    const Socket socket_;
    const std::string request_;
    std::string reply_;
};

}  // namespace

std::unique_ptr<Caller> connect_raw(const Endpoint& server, std::size_t payload_bytes) {
    return std::make_unique<RawCaller>(server, payload_bytes);
}

}  // namespace rollcall::bench
