#pragma once
// This process, as the kernel sees it.

#include <csignal>
#include <string>
#include <vector>

namespace rollcall::tests {

struct ThreadEntry {
    std::string name;
    unsigned long long blocked_signals = 0;  // bit n - 1 is signal n

    [[nodiscard]] bool blocks(int signal) const {
        return ((blocked_signals >> static_cast<unsigned>(signal - 1)) & 1U) != 0;
    }
};

[[nodiscard]] std::vector<ThreadEntry> threads();

// How many event loops there are: each has an epoll descriptor. Names of threads do not tell,
// because threads that a library starts on an I/O thread inherit its name.
[[nodiscard]] int event_loops();

}  // namespace rollcall::tests
