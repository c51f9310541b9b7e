#include "black_hole.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::tests {
namespace {

constexpr int kMaxConnections = 32;
// A connection over loopback that takes longer than this has been dropped.
constexpr int kConnectMs = 100;

}  // namespace

BlackHole::BlackHole() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    descriptors_.push_back(listener);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    if (::bind(listener, generic, length) != 0 || ::listen(listener, 0) != 0 ||
        ::getsockname(listener, generic, &length) != 0) {
        throw std::runtime_error{"cannot listen on 127.0.0.1"};
    }
    endpoint_ = Endpoint{"127.0.0.1", ntohs(address.sin_port)};
    for (int i = 0; i < kMaxConnections; ++i) {
        const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        descriptors_.push_back(filler);
        static_cast<void>(::connect(filler, generic, length));
        pollfd entry{filler, POLLOUT, 0};
        if (::poll(&entry, 1, kConnectMs) == 0) return;
    }
    throw std::runtime_error{"the queue of a listening socket does not fill"};
}

BlackHole::~BlackHole() {
    for (const int descriptor : descriptors_)
        ::close(descriptor);
}

}  // namespace rollcall::tests
