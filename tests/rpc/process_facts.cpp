#include "process_facts.h"

#include <filesystem>
#include <fstream>
#include <system_error>

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

}  // namespace rollcall::tests
