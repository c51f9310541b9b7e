// What happens to etcd, and what processes and their clients notice of it.
#include "registry/etcd_fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace rollcall::registry::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// How long etcd was away is not for a test to say exactly: longer than the lease.
void stop_for(const EtcdCluster& etcd, Duration time) {
    etcd.signal(0, SIGSTOP);
    const TimePoint until = SteadyClock::now() + time;
    EXPECT_TRUE(eventually([&] { return SteadyClock::now() >= until; }));
    etcd.signal(0, SIGCONT);
}

TEST(EtcdFaults, PausedForLongerThanTheLeaseEverybodyIsBackWithinOneAndNoListWasEmpty) {
    const EtcdCluster etcd;
    Fleet fleet{etcd.url(), 1, 2s};
    const std::string lease = etcd.ctl({"lease", "list"});
    stop_for(etcd, 2500ms);
    const TimePoint woken = SteadyClock::now();
    // The old one is there until etcd has looked at its clock.
    EXPECT_TRUE(eventually([&] {
        return etcd.ctl({"lease", "list"}) != lease && is_listed(etcd.url(), "127.0.0.1:9000");
    }));
    EXPECT_LT(SteadyClock::now() - woken, 2s);
    EXPECT_TRUE(eventually([&] { return fleet.all_registered(); }));
    EXPECT_TRUE(fleet.hears_of_changes());
    EXPECT_EQ(fleet.least(), 1U);
}

TEST(EtcdFaults, KilledAndStartedAgainNobodyIsForgotten) {
    EtcdCluster etcd;
    Fleet fleet{etcd.url(), 2, 2s};
    etcd.kill(0);
    EXPECT_TRUE(eventually([&] { return fleet.found().status().error.has_value(); }));
    etcd.start(0);
    etcd.wait_ready();
    EXPECT_TRUE(eventually([&] { return fleet.all_registered(); }));
    EXPECT_EQ(listed(etcd.url()).size(), 2U);
    EXPECT_TRUE(fleet.hears_of_changes());
    EXPECT_EQ(fleet.least(), 2U);
}

TEST(EtcdFaults, AnotherMemberAnswersWhenTheLeaderIsKilled) {
    EtcdCluster etcd{{.members = 3}};
    Fleet fleet{etcd.url(), 2, 3s};
    etcd.kill(etcd.leader());
    const TimePoint killed = SteadyClock::now();
    EXPECT_TRUE(eventually([&] {
        return is_listed(etcd.url(), "127.0.0.1:9000") && is_listed(etcd.url(), "127.0.0.1:9001");
    }));
    EXPECT_TRUE(fleet.hears_of_changes());
    EXPECT_TRUE(eventually([&] { return fleet.all_registered() && !fleet.any_stale(); }));
    EXPECT_LT(SteadyClock::now() - killed, 10s);
    EXPECT_EQ(fleet.least(), 2U);
}

TEST(EtcdFaults, MembersThatAreAllKilledAndStartedAgainForgetNobody) {
    EtcdCluster etcd{{.members = 3}};
    Fleet fleet{etcd.url(), 2, 3s};
    for (std::size_t i = 0; i < 3; ++i)
        etcd.kill(i);
    EXPECT_TRUE(eventually([&] { return !fleet.all_registered(); }));
    for (std::size_t i = 0; i < 3; ++i)
        etcd.start(i);
    etcd.wait_ready();
    EXPECT_TRUE(eventually([&] { return fleet.all_registered(); }));
    EXPECT_EQ(listed(etcd.url()).size(), 2U);
    EXPECT_TRUE(fleet.hears_of_changes());
    EXPECT_EQ(fleet.least(), 2U);
}

TEST(EtcdFaults, NobodyThereIsAnErrorThatNamesTheMember) {
    EtcdCluster etcd;
    etcd.kill(0);
    auto connection = connect(etcd.url()).value();
    const auto read = connection.source->read({"calculator"}, Deadline::in(kPatience));
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code(), Errc::registry_failed);
    EXPECT_THAT(read.error().message(), HasSubstr(etcd.url().substr(7)));
    const auto lease = connection.announcer->announce({instance_at(9000)}, Deadline::in(kPatience));
    ASSERT_FALSE(lease.has_value());
    EXPECT_THAT(lease.error().message(), HasSubstr("/v3/lease/grant"));
    const auto news = connection.source->wait({{"calculator", "x.1"}}, 5s, Deadline::in(10s));
    EXPECT_FALSE(news.has_value());
}

}  // namespace
}  // namespace rollcall::registry::tests
