#pragma once
// An address where connecting neither succeeds nor fails.

#include <rollcall/base/endpoint.h>

#include <vector>

namespace rollcall::tests {

// A listening socket whose queue of connections is full: the kernel drops what comes.
class BlackHole {
public:
    // Throws std::runtime_error if the queue cannot be filled.
    BlackHole();
    ~BlackHole();
    BlackHole(const BlackHole&) = delete;
    BlackHole& operator=(const BlackHole&) = delete;

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

private:
    Endpoint endpoint_;
    std::vector<int> descriptors_;
};

}  // namespace rollcall::tests
