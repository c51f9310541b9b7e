#include "server_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <sched.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace rollcall::bench {

void pin_to(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(processor), &set);
    static_cast<void>(::sched_setaffinity(0, sizeof set, &set));
}

ServerProcess::ServerProcess(const Serve& serve, std::optional<int> processor) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (processor) pin_to(*processor);
        serve([&](std::uint16_t port) {
            if (::write(pipe[1], &port, sizeof port) != sizeof port) ::_exit(1);
        });
        ::_exit(0);
    }
    ::close(pipe[1]);
    const bool told = ::read(pipe[0], &port_, sizeof port_) == sizeof port_;
    ::close(pipe[0]);
    if (!told) throw std::runtime_error{"the server did not start"};
}

ServerProcess::~ServerProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

}  // namespace rollcall::bench
