#pragma once
// The measured server, in a process of its own.

#include "contender.h"

#include <functional>
#include <optional>

namespace rollcall::bench {

// Forks before anything else has started threads, pins the child to a processor, if one is given,
// and waits until it listens. Destroying it kills the child.
class ServerProcess {
public:
    using Serve = std::function<void(const Listening&)>;

    ServerProcess(const Serve& serve, std::optional<int> processor);
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    [[nodiscard]] Endpoint endpoint() const { return Endpoint{"127.0.0.1", port_}; }

    [[nodiscard]] int pid() const { return pid_; }

private:
    int pid_ = -1;
    std::uint16_t port_ = 0;
};

// Pins the calling thread, and threads it starts, to one processor; harmless if there is none.
void pin_to(int processor);

}  // namespace rollcall::bench
