#pragma once
// A program as a child process.

#include <rollcall/base/clock.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace rollcall::tests {

// How a process ended.
struct ExitStatus {
    int code = -1;   // of exit(), -1 if a signal ended it
    int signal = 0;  // that ended it, 0 if none

    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

// Starts a program, collects what it writes, and never leaves it behind: it is killed when this is
// destroyed, and by the kernel when the thread that started it ends. So start it on a thread that
// lives at least as long. Thread safety: any thread but construction and destruction.
class Process {
public:
    // `command` is the path of the program and its arguments; `environment` are "NAME=value" that
    // are added to this process's own. Throws std::system_error if it cannot be started.
    explicit Process(std::vector<std::string> command, std::vector<std::string> environment = {});
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }

    // The first line of its standard output with `part` in it. Throws std::runtime_error, with all
    // that it wrote, if the process ends or `limit` passes before there is one.
    [[nodiscard]] std::string wait_line(
        std::string_view part, Duration limit = std::chrono::seconds{30}
    );

    // All it has written so far; all of it after wait().
    [[nodiscard]] std::string output() const;
    [[nodiscard]] std::string errors() const;

    void signal(int number) const;

    // Waits for the end; nothing if it does not come within `limit`.
    [[nodiscard]] std::optional<ExitStatus> wait(Duration limit = std::chrono::seconds{30});

    // SIGKILL, and waits for the end.
    void kill();

    [[nodiscard]] bool running();

private:
    void read_pipes(int out, int err);
    bool reap(Duration limit);

    pid_t pid_ = -1;
    int handle_ = -1;  // of the process; readable when it has ended
    std::optional<ExitStatus> ended_;
    std::mutex reaping_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string output_;
    std::string errors_;
    bool closed_ = false;
    std::thread reader_;
};

// A program that was run to its end.
struct Finished {
    ExitStatus status;
    std::string output;
    std::string errors;
};

// Runs a program and waits for its end; throws std::runtime_error if it does not come in time.
[[nodiscard]] Finished run(
    std::vector<std::string> command,
    std::vector<std::string> environment = {},
    Duration limit = std::chrono::seconds{30}
);

}  // namespace rollcall::tests
