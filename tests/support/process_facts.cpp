#include "process_facts.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace rollcall::tests {

std::vector<ThreadEntry> threads() {
    std::vector<ThreadEntry> all;
    for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
        // A thread may end while it is looked at; then its file reads as empty.
        std::ifstream status{task.path() / "status"};
        ThreadEntry entry;
        std::string line;
        while (std::getline(status, line)) {
            if (line.starts_with("Name:\t")) entry.name = line.substr(6);
            if (line.starts_with("SigBlk:\t"))
                entry.blocked_signals = std::stoull(line.substr(8), nullptr, 16);
        }
        if (!entry.name.empty()) all.push_back(entry);
    }
    return all;
}

int event_loops() {
    int loops = 0;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code gone;  // the descriptor of this very listing
        const auto target = std::filesystem::read_symlink(entry.path(), gone);
        if (!gone && target == "anon_inode:[eventpoll]") ++loops;
    }
    return loops;
}

std::vector<int> inherited_descriptors() {
    std::vector<int> inherited;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        const int descriptor = std::stoi(entry.path().filename());
        const int flags = ::fcntl(descriptor, F_GETFD);
        const bool stays = flags < 0 || (flags & FD_CLOEXEC) != 0;
        if (descriptor > STDERR_FILENO && !stays) inherited.push_back(descriptor);
    }
    std::sort(inherited.begin(), inherited.end());
    return inherited;
}

std::size_t descriptors() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    const auto open = std::distance(begin(all), end(all));
    return static_cast<std::size_t>(open) - 1;  // that of this very listing
}

std::size_t resident_kib() {
    std::ifstream status{"/proc/self/status"};
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
    }
    throw std::runtime_error{"/proc/self/status has no VmRSS"};
}

}  // namespace rollcall::tests
