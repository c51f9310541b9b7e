#pragma once
// This process, as the kernel sees it.

#include <csignal>
#include <cstddef>
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

// Those that a program started now would inherit, but for standard input, output and errors.
[[nodiscard]] std::vector<int> inherited_descriptors();

// Open file descriptors.
[[nodiscard]] std::size_t descriptors();

// Memory in use, in KiB.
[[nodiscard]] std::size_t resident_kib();

}  // namespace rollcall::tests
