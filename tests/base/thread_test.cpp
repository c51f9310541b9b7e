#include <rollcall/base/thread.h>

#include <gtest/gtest.h>

#include <array>
#include <pthread.h>
#include <string>

namespace rollcall {
namespace {

sigset_t current_mask() {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return mask;
}

// Of those that can be blocked.
bool blocks(const sigset_t& mask, std::initializer_list<int> signals) {
    for (const int signal : signals) {
        if (sigismember(&mask, signal) != 1) return false;
    }
    return true;
}

TEST(Thread, OfTheLibraryTakesItsOwnFaults) {
    sigset_t inside;
    start_thread("masked", [&] { inside = current_mask(); }).join();
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPROF})
        EXPECT_EQ(sigismember(&inside, signal), 0) << signal;
}

TEST(Thread, OfTheLibraryHasTheProgramsSignalsBlocked) {
    sigset_t inside;
    start_thread("masked", [&] { inside = current_mask(); }).join();
    EXPECT_TRUE(blocks(inside, {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGUSR1, SIGCHLD}));
}

TEST(Thread, LeavesTheMaskOfItsStarterAlone) {
    const sigset_t before = current_mask();
    start_thread("masked", [] {}).join();
    const sigset_t after = current_mask();
    for (int signal = 1; signal < SIGRTMIN; ++signal)
        EXPECT_EQ(sigismember(&after, signal), sigismember(&before, signal)) << signal;
    EXPECT_FALSE(blocks(after, {SIGTERM}));
}

TEST(Thread, HasItsName) {
    // The name is set by the starter, which may come after the thread's first instructions.
    std::array<char, 16> name{};
    sigset_t wake;
    sigemptyset(&wake);
    sigaddset(&wake, SIGUSR1);
    std::thread thread = start_thread("fifteen-letters", [&] {
        int signal = 0;
        sigwait(&wake, &signal);
        pthread_getname_np(pthread_self(), name.data(), name.size());
    });
    pthread_kill(thread.native_handle(), SIGUSR1);
    thread.join();
    EXPECT_STREQ(name.data(), "fifteen-letters");
}

TEST(SignalsBlocked, EndsWithItsScope) {
    {
        const SignalsBlocked blocked;
        EXPECT_TRUE(blocks(current_mask(), {SIGINT, SIGTERM, SIGPIPE}));
        { const SignalsBlocked nested; }
        EXPECT_TRUE(blocks(current_mask(), {SIGINT, SIGTERM, SIGPIPE}));
    }
    EXPECT_FALSE(blocks(current_mask(), {SIGINT}));
    EXPECT_FALSE(blocks(current_mask(), {SIGTERM}));
}

}  // namespace
}  // namespace rollcall
