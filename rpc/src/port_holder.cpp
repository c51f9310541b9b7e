#include "port_holder.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace rollcall::rpc {
namespace {

namespace fs = std::filesystem;

// Inodes of the listening sockets on this port in /proc/net/tcp or tcp6.
void add_listeners(const char* table, std::uint16_t port, std::set<std::string>& links) {
    constexpr std::string_view kListen = "0A";
    std::ifstream file{table};
    std::string line;
    std::getline(file, line);  // the heading
    while (std::getline(file, line)) {
        std::istringstream fields{line};
        std::string number;
        std::string local;
        std::string remote;
        std::string state;
        std::string skipped;
        std::string inode;
        fields >> number >> local >> remote >> state;
        for (int i = 0; i < 5; ++i)
            fields >> skipped;
        fields >> inode;
        const auto colon = local.rfind(':');
        if (state != kListen || colon == std::string::npos) continue;
        if (std::stoul(local.substr(colon + 1), nullptr, 16) == port)
            links.insert("socket:[" + inode + "]");
    }
}

bool holds_one(const fs::path& process, const std::set<std::string>& links) {
    std::error_code ec;
    for (fs::directory_iterator it{process / "fd", ec}, end; !ec && it != end; it.increment(ec)) {
        std::error_code gone;
        if (links.contains(fs::read_symlink(it->path(), gone).string())) return true;
    }
    return false;
}

}  // namespace

std::string port_holder(std::uint16_t port) {
    std::set<std::string> links;
    add_listeners("/proc/net/tcp", port, links);
    add_listeners("/proc/net/tcp6", port, links);
    if (links.empty()) return {};
    std::error_code ec;
    for (fs::directory_iterator it{"/proc", ec}, end; !ec && it != end; it.increment(ec)) {
        const std::string pid = it->path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos ||
            !holds_one(it->path(), links))
            continue;
        return process_name(std::stoi(pid));
    }
    return {};
}

std::string process_name(pid_t pid) {
    const std::string number = std::to_string(pid);
    std::string name;
    std::getline(std::ifstream{"/proc/" + number + "/comm"}, name);
    if (name.empty()) return "process " + number;
    return name.insert(0, "'").append("', process ").append(number);
}

}  // namespace rollcall::rpc
