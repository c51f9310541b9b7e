#include "cost/system_call_count.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iomanip>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <utility>
#include <vector>

namespace rollcall::tests {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

// The threads of one process, followed on the thread that made this.
class Tracer {
public:
    explicit Tracer(pid_t process) {
        const auto folder = "/proc/" + std::to_string(process) + "/task";
        for (const auto& entry : std::filesystem::directory_iterator{folder})
            follow(std::stoi(entry.path().filename()));
    }

    ~Tracer() {
        for (const pid_t thread : threads_)
            leave(thread);
    }

    Tracer(const Tracer&) = delete;
    Tracer& operator=(const Tracer&) = delete;

    // Waits for a thread to stop, counts and lets it go on.
    void step() {
        int status = 0;
        const pid_t thread = ::waitpid(-1, &status, __WALL);
        if (thread < 0) fail("waitpid");
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            threads_.erase(thread);
            if (threads_.empty()) throw std::runtime_error{"the counted process has ended"};
            return;
        }
        threads_.insert(thread);  // a new one comes by itself
        int signal = WSTOPSIG(status);
        if (signal == (SIGTRAP | kSystemCall)) {
            count(thread);
            signal = 0;
        } else if (status >> 16 != 0) {
            signal = 0;  // an event of ptrace's own
        }
        ::ptrace(PTRACE_SYSCALL, thread, nullptr, signal);
    }

    [[nodiscard]] const SystemCalls& counted() const { return counted_; }

private:
    static constexpr int kSystemCall = 0x80;  // what PTRACE_O_TRACESYSGOOD adds

    void follow(pid_t thread) {
        const auto options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
        if (::ptrace(PTRACE_SEIZE, thread, nullptr, options) != 0) fail("ptrace: seize");
        threads_.insert(thread);
        if (::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0) fail("ptrace: interrupt");
    }

    void count(pid_t thread) {
        __ptrace_syscall_info info{};
        if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0)
            fail("ptrace: which system call");
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) ++counted_[static_cast<int>(info.entry.nr)];
    }

    // Only a stopped thread can be let go.
    static void leave(pid_t thread) {
        int status = 0;
        ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
        if (::waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status))
            ::ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
    }

    std::set<pid_t> threads_;
    SystemCalls counted_;
};

std::string name_of(int number) {
    static const std::map<int, std::string> names{
        {SYS_epoll_wait, "epoll_wait"},
        {SYS_epoll_ctl, "epoll_ctl"},
        {SYS_recvmsg, "recvmsg"},
        {SYS_recvfrom, "recvfrom"},
        {SYS_sendmsg, "sendmsg"},
        {SYS_sendto, "sendto"},
        {SYS_read, "read"},
        {SYS_write, "write"},
        {SYS_readv, "readv"},
        {SYS_writev, "writev"},
        {SYS_futex, "futex"},
        {SYS_timerfd_settime, "timerfd_settime"},
        {SYS_poll, "poll"},
        {SYS_ioctl, "ioctl"},
        {SYS_clock_nanosleep, "clock_nanosleep"},
        {SYS_restart_syscall, "restart_syscall"},
        {SYS_rt_sigtimedwait, "rt_sigtimedwait"},
    };
    const auto found = names.find(number);
    return found == names.end() ? "number " + std::to_string(number) : found->second;
}

}  // namespace

SystemCalls count_system_calls(
    pid_t child, const std::function<void()>& work, const std::function<void()>& poke
) {
    std::optional<Tracer> tracer{child};
    std::atomic<bool> over{false};
    std::exception_ptr failure;
    std::jthread working{[&] {
        try {
            work();
        } catch (...) {
            failure = std::current_exception();
        }
        over = true;
        try {
            poke();
        } catch (...) {
            if (!failure) failure = std::current_exception();
        }
    }};
    while (!over)
        tracer->step();
    SystemCalls counted = tracer->counted();
    tracer.reset();  // the child has to go on for poke() to end
    working.join();
    if (failure) std::rethrow_exception(failure);
    return counted;
}

std::string text_of(const SystemCalls& counted, std::size_t calls) {
    std::vector<std::pair<std::size_t, int>> rows;
    for (const auto& [number, times] : counted)
        rows.emplace_back(times, number);
    std::sort(rows.rbegin(), rows.rend());
    std::ostringstream out;
    out << std::fixed << std::setprecision(3);
    for (const auto& [times, number] : rows) {
        if (out.tellp() > 0) out << ", ";
        out << name_of(number) << ' ' << static_cast<double>(times) / static_cast<double>(calls);
    }
    return out.str();
}

std::size_t sum_of(const SystemCalls& counted) {
    std::size_t sum = 0;
    for (const auto& [number, times] : counted)
        sum += times;
    return sum;
}

}  // namespace rollcall::tests
