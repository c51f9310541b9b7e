#include "support/process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace rollcall::tests {
namespace {

struct Pipe {
    Pipe() {
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw std::system_error{errno, std::generic_category(), "pipe"};
        }
    }

    std::array<int, 2> ends{};
};

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (std::string& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

// Between fork and exec: only what is safe in the child of a process with threads.
[[noreturn]] void become(char* const* command, char* const* environment, int out, int err) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(command[0], command, environment);
    ::_exit(127);
}

// By system call: the C library's header of Debian 12 cannot be used from C++.
int open_handle(pid_t process) {
    return static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
}

int milliseconds_of(Duration limit) {
    return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count());
}

}  // namespace

Process::Process(std::vector<std::string> command, std::vector<std::string> environment) {
    Pipe out;
    Pipe err;
    for (char** entry = environ; *entry != nullptr; ++entry)
        environment.emplace_back(*entry);
    const std::vector<char*> argv = pointers_to(command);
    const std::vector<char*> envp = pointers_to(environment);
    pid_ = ::fork();
    if (pid_ == 0) become(argv.data(), envp.data(), out.ends[1], err.ends[1]);
    ::close(out.ends[1]);
    ::close(err.ends[1]);
    if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    handle_ = open_handle(pid_);
    reader_ = std::thread{[this, a = out.ends[0], b = err.ends[0]] { read_pipes(a, b); }};
}

Process::~Process() {
    kill();
    reader_.join();
    ::close(handle_);
}

void Process::read_pipes(int out, int err) {
    std::array<pollfd, 2> pipes{pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
    std::array<char, 4096> bytes{};
    while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
        if (::poll(pipes.data(), pipes.size(), -1) < 0) continue;
        for (std::size_t i = 0; i < pipes.size(); ++i) {
            if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
            const ssize_t count = ::read(pipes[i].fd, bytes.data(), bytes.size());
            if (count <= 0) {
                ::close(std::exchange(pipes[i].fd, -1));
                continue;
            }
            const std::lock_guard lock{mutex_};
            (i == 0 ? output_ : errors_).append(bytes.data(), static_cast<std::size_t>(count));
            changed_.notify_all();
        }
    }
    const std::lock_guard lock{mutex_};
    closed_ = true;
    changed_.notify_all();
}

std::string Process::wait_line(std::string_view part, Duration limit) {
    const auto until = SteadyClock::now() + limit;
    std::unique_lock lock{mutex_};
    for (;;) {
        for (std::size_t at = 0, end = 0; (end = output_.find('\n', at)) != std::string::npos;
             at = end + 1) {
            std::string line = output_.substr(at, end - at);
            if (line.find(part) != std::string::npos) return line;
        }
        if (closed_ || changed_.wait_until(lock, until) == std::cv_status::timeout) {
            throw std::runtime_error{
                "no line with '" + std::string{part} + "' came; it wrote: " + output_ + errors_};
        }
    }
}

std::string Process::output() const {
    const std::lock_guard lock{mutex_};
    return output_;
}

std::string Process::errors() const {
    const std::lock_guard lock{mutex_};
    return errors_;
}

void Process::signal(int number) const {
    ::syscall(SYS_pidfd_send_signal, handle_, number, nullptr, 0);
}

bool Process::reap(Duration limit) {
    const std::lock_guard lock{reaping_};
    if (ended_) return true;
    pollfd entry{handle_, POLLIN, 0};
    if (::poll(&entry, 1, milliseconds_of(limit)) <= 0) return false;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    ended_ =
        WIFEXITED(status) ? ExitStatus{WEXITSTATUS(status), 0} : ExitStatus{-1, WTERMSIG(status)};
    return true;
}

std::optional<ExitStatus> Process::wait(Duration limit) {
    if (!reap(limit)) return std::nullopt;
    // What it wrote last may still be on its way; children of its own may hold the pipes open.
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, limit, [this] { return closed_; });
    return ended_;
}

void Process::kill() {
    signal(SIGKILL);
    while (!reap(std::chrono::seconds{60})) {
    }
}

bool Process::running() {
    return !reap(Duration::zero());
}

Finished run(
    std::vector<std::string> command, std::vector<std::string> environment, Duration limit
) {
    const std::string name = command.front();
    Process process{std::move(command), std::move(environment)};
    const auto status = process.wait(limit);
    if (!status) {
        throw std::runtime_error{
            name + " did not end; it wrote: " + process.output() + process.errors()};
    }
    return {*status, process.output(), process.errors()};
}

}  // namespace rollcall::tests
