#include "registry_process.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace rollcall::tests {
namespace {

constexpr int kStartMs = 10'000;

std::string first_line(int descriptor) {
    std::string line;
    char byte = 0;
    pollfd entry{descriptor, POLLIN, 0};
    while (::poll(&entry, 1, kStartMs) > 0 && ::read(descriptor, &byte, 1) == 1) {
        if (byte == '\n') return line;
        line += byte;
    }
    return {};
}

}  // namespace

RegistryProcess::RegistryProcess(const std::string& listen, const std::string& ttl_seconds) {
    std::array<int, 2> output{};
    if (::pipe2(output.data(), O_CLOEXEC) != 0) {
        throw std::system_error{errno, std::generic_category(), "pipe"};
    }
    std::vector<std::string> words{
        ROLLCALL_REGISTRY_BINARY, "--listen", listen, "--ttl", ttl_seconds, "--log-level", "error"};
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    const int error =
        ::posix_spawn(&process_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(output[1]);
    const std::string line = error == 0 ? first_line(output[0]) : "";
    ::close(output[0]);
    const auto at = line.find("http://");
    if (at == std::string::npos) {
        if (error == 0) kill();
        throw std::runtime_error{words[0] + " did not start at " + listen};
    }
    url_ = line.substr(at);
}

RegistryProcess::~RegistryProcess() {
    kill();
}

void RegistryProcess::kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
}

}  // namespace rollcall::tests
