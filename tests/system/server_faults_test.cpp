// Servers that are killed (F7), asked to end (F8) and stopped (F9) while four threads call.
#include "fleet.h"
#include "support/times.h"

#include <csignal>
#include <cstdio>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kThreads = 4;

constexpr Duration kLease = 900ms;  // of Fleet

class ServerFaults : public Fleet {
protected:
    // Sends the first server a signal; when that was.
    TimePoint hit(int signal) {
        const TimePoint now = SteadyClock::now();
        servers[0]->process().signal(signal);
        return now;
    }

    // Its heartbeats keep it listed for no longer than a lease.
    void expect_expiry(TimePoint hit) {
        ASSERT_TRUE(wait_listed(2));
        const Duration taken = SteadyClock::now() - hit;
        std::printf("off the list after %.0f ms\n", milliseconds(taken));
        // Heartbeats come every third of the lease; the client looks every 200 ms.
        EXPECT_GT(taken, kLease / 3);
        EXPECT_LT(taken, kLease + kSlack);
    }

    // For a machine that does other things, too.
    static constexpr Duration kSlack = 4s;
};

TEST_F(ServerFaults, F07_KilledNoIdempotentCallFails) {
    start_servers(3);
    CallLoad load{client, whoami().idempotent(), kThreads};
    ASSERT_TRUE(load.wait_more(200));
    const TimePoint killed = hit(SIGKILL);
    ASSERT_TRUE(load.wait_more(200));
    expect_expiry(killed);
    ASSERT_TRUE(load.wait_more(200));
    for (const Error& error : load.stop())
        ADD_FAILURE() << error.to_string();
}

TEST_F(ServerFaults, F07_KilledOnlyCallsAlreadySentFail) {
    start_servers(3);
    CallLoad load{client, whoami(), kThreads};
    ASSERT_TRUE(load.wait_more(200));
    const TimePoint killed = hit(SIGKILL);
    ASSERT_TRUE(load.wait_more(200));
    expect_expiry(killed);
    ASSERT_TRUE(load.wait_more(200));
    const auto errors = load.stop();
    EXPECT_LE(errors.size(), kThreads);
    // The list has it for a lease; nobody goes there as long as that.
    const Duration last = std::max(load.last_failed() - killed, Duration::zero());
    std::printf(
        "%zu calls failed, the last begun %.1f ms after\n", errors.size(), milliseconds(last)
    );
    EXPECT_LT(last, kLease / 3);
    for (const Error& error : errors) {
        EXPECT_EQ(error.sent(), Sent::maybe_sent) << error.to_string();
        EXPECT_EQ(error.code(), Errc::connection_lost) << error.to_string();
    }
}

TEST_F(ServerFaults, F09_StoppedCallsFailByDeadlineAndGoElsewhereNext) {
    start_servers(3);
    CallLoad load{client, rpc::invoke<std::string>("whoami").within(300ms), kThreads};
    ASSERT_TRUE(load.wait_more(200));
    const TimePoint stopped = hit(SIGSTOP);
    // Its lease runs out, so nobody is sent there any more.
    expect_expiry(stopped);
    const TimePoint delisted = SteadyClock::now();
    ASSERT_TRUE(load.wait_more(200));
    servers[0]->process().signal(SIGCONT);
    EXPECT_TRUE(wait_listed(3));
    const auto errors = load.stop();
    ASSERT_FALSE(errors.empty());
    EXPECT_LT(load.last_failed(), delisted);
    std::printf(
        "%zu calls failed, the last begun %.0f ms after\n",
        errors.size(),
        milliseconds(load.last_failed() - stopped)
    );
    // Those that were in flight: it is avoided after its first failure, and probes cost no caller.
    EXPECT_LE(errors.size(), kThreads);
    for (const Error& error : errors) {
        EXPECT_EQ(error.code(), Errc::timed_out) << error.to_string();
        EXPECT_EQ(error.sent(), Sent::maybe_sent) << error.to_string();
    }
}

TEST_F(ServerFaults, F09_StoppedNoIdempotentCallFails) {
    start_servers(3);
    CallLoad load{client, rpc::invoke<std::string>("whoami").within(2s).idempotent(), kThreads};
    ASSERT_TRUE(load.wait_more(200));
    expect_expiry(hit(SIGSTOP));
    ASSERT_TRUE(load.wait_more(200));
    for (const Error& error : load.stop())
        ADD_FAILURE() << error.to_string();
}

TEST_F(ServerFaults, F08_AskedToEndNoCallFailsAtAll) {
    start_servers(3);
    CallLoad load{client, whoami(), kThreads};
    ASSERT_TRUE(load.wait_more(200));
    for (std::size_t i = 0; i < 2; ++i) {
        servers[i]->process().signal(SIGTERM);
        EXPECT_EQ(servers[i]->process().wait(), (ExitStatus{0, 0}));
        EXPECT_EQ(servers[i]->process().errors(), "");
        ASSERT_TRUE(load.wait_more(200));
    }
    EXPECT_TRUE(wait_listed(1));
    for (const Error& error : load.stop())
        ADD_FAILURE() << error.to_string();
}

}  // namespace
}  // namespace rollcall::tests
