// Signals end processes, so each case runs in a child that tells its progress through a pipe.
#include <rollcall/base/signals.h>
#include <rollcall/base/thread.h>

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rollcall {
namespace {

// A forked process. Killed at the latest by the destructor.
class Child {
public:
    // `body` gets a function that sends one byte to the parent.
    explicit Child(const std::function<void(const std::function<void(char)>&)>& body) {
        EXPECT_EQ(pipe(pipe_), 0);
        pid_ = fork();
        if (pid_ != 0) {
            close(pipe_[1]);
            return;
        }
        // Whoever runs the tests in the background may have had SIGINT ignored.
        static_cast<void>(std::signal(SIGINT, SIG_DFL));
        static_cast<void>(std::signal(SIGTERM, SIG_DFL));
        static_cast<void>(std::signal(SIGHUP, SIG_DFL));
        alarm(30);
        body([&](char byte) { static_cast<void>(!write(pipe_[1], &byte, 1)); });
        _exit(0);
    }

    ~Child() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        close(pipe_[0]);
    }

    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // Waits for the next byte; 0 if the child has ended.
    [[nodiscard]] char hear() const {
        char byte = 0;
        pollfd readable{pipe_[0], POLLIN, 0};
        if (poll(&readable, 1, 20000) != 1 || read(pipe_[0], &byte, 1) != 1) return 0;
        return byte;
    }

    void send(int signal) const { kill(pid_, signal); }

    // Waits for its end: the signal that killed it, or 0 if it ended by itself.
    [[nodiscard]] int end() const {
        siginfo_t info{};
        waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
        return info.si_code == CLD_KILLED ? info.si_status : 0;
    }

private:
    int pipe_[2] = {-1, -1};
    pid_t pid_ = -1;
};

TEST(WaitForSignal, ReturnsAtTheFirstAndDiesAtTheSecond) {
    for (const int signal : {SIGINT, SIGTERM}) {
        const Child child{[&](const auto& tell) {
            hold_signals();
            tell('r');
            tell(static_cast<char>(wait_for_signal()));
            while (true)
                pause();
        }};
        ASSERT_EQ(child.hear(), 'r');
        child.send(signal);
        ASSERT_EQ(child.hear(), static_cast<char>(signal));
        child.send(signal);
        EXPECT_EQ(child.end(), signal);
    }
}

TEST(WaitForSignal, TakesASignalThatCameBeforeIt) {
    const Child child{[](const auto& tell) {
        hold_signals();
        raise(SIGTERM);
        tell('r');
        tell(static_cast<char>(wait_for_signal()));
    }};
    ASSERT_EQ(child.hear(), 'r');
    EXPECT_EQ(child.hear(), static_cast<char>(SIGTERM));
    EXPECT_EQ(child.end(), 0);
}

TEST(WaitForSignal, GetsTheSignalAlthoughOtherThreadsRun) {
    const Child child{[](const auto& tell) {
        const std::thread other = start_thread("busy", [] {
            while (true)
                pause();
        });
        hold_signals();
        tell('r');
        tell(static_cast<char>(wait_for_signal()));
        _exit(0);
    }};
    ASSERT_EQ(child.hear(), 'r');
    child.send(SIGTERM);
    EXPECT_EQ(child.hear(), static_cast<char>(SIGTERM));
    EXPECT_EQ(child.end(), 0);
}

// Before the wait, during it and during the stop.
TEST(WaitForSignal, HangupReloadsAndNeverEnds) {
    const Child child{[](const auto& tell) {
        hold_signals(Hangup::reloads);
        raise(SIGHUP);
        tell('r');
        tell(static_cast<char>(wait_for_signal([&] { tell('h'); })));
        raise(SIGHUP);
        tell('s');
    }};
    ASSERT_EQ(child.hear(), 'r');
    ASSERT_EQ(child.hear(), 'h');
    child.send(SIGHUP);
    ASSERT_EQ(child.hear(), 'h');
    child.send(SIGTERM);
    EXPECT_EQ(child.hear(), static_cast<char>(SIGTERM));
    EXPECT_EQ(child.hear(), 's');
    EXPECT_EQ(child.end(), 0);
}

TEST(WaitForSignal, HangupEndsProgramsThatDoNotReload) {
    const Child child{[](const auto& tell) {
        hold_signals();
        tell('r');
        tell(static_cast<char>(wait_for_signal()));
    }};
    ASSERT_EQ(child.hear(), 'r');
    child.send(SIGHUP);
    EXPECT_EQ(child.end(), SIGHUP);
}

}  // namespace
}  // namespace rollcall
