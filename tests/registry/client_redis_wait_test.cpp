// Waiting for changes of lists in Redis.
#include <rollcall/registry/connect.h>

#include "registry/redis_fixture.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace rollcall::registry::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(RedisRegistry, AWaitEndsWithAChangeAndOnlyThen) {
    const Connection one = connected("?ttl=60");
    const Connection other = connected("?ttl=60");
    auto known = one.source->read({"calculator", "other"}, Deadline::in(5s)).value();
    const auto wait = [&](Duration time) {
        return one.source->wait(
            {{"calculator", known[0].index}, {"other", known[1].index}}, time, Deadline::in(20s)
        );
    };
    EXPECT_THAT(wait(100ms).value(), IsEmpty());
    auto news = std::async(std::launch::async, [&] { return wait(15s); });
    // It has subscribed: so it is the message that ends it, for the next look comes after 5 s.
    EXPECT_TRUE(eventually([&] {
        return redis.ask({"PUBSUB", "NUMSUB", "rollcall:calculator"}).find(":1\r\n") !=
               std::string::npos;
    }));
    const TimePoint before = SteadyClock::now();
    (void)other.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s)).value();
    const auto changed = news.get().value();
    EXPECT_LT(SteadyClock::now() - before, 4s);
    ASSERT_THAT(changed, SizeIs(1));
    EXPECT_EQ(changed[0].service, "calculator");
    EXPECT_THAT(changed[0].instances, SizeIs(1));
    // What happened before the wait began ends it at once.
    ASSERT_TRUE(other.announcer->withdraw(Deadline::in(5s)));
    known[0] = changed[0];
    EXPECT_THAT(wait(15s).value(), SizeIs(1));
}

// Nobody publishes the end of a lease.
TEST_F(RedisRegistry, AWaitFindsALeaseThatEnds) {
    const Connection one = connected();
    (void)one.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s)).value();
    const auto known = one.source->read({"calculator"}, Deadline::in(5s)).value();
    ASSERT_THAT(known[0].instances, SizeIs(1));
    const auto news =
        one.source->wait({{"calculator", known[0].index}}, 15s, Deadline::in(20s)).value();
    ASSERT_THAT(news, SizeIs(1));
    EXPECT_THAT(news[0].instances, IsEmpty());
}

TEST_F(RedisRegistry, AWaitSurvivesTheLossOfItsSubscription) {
    const Connection one = connected("?ttl=60");
    const auto known = one.source->read({"calculator"}, Deadline::in(5s)).value();
    auto news = std::async(std::launch::async, [&] {
        return one.source->wait({{"calculator", known[0].index}}, 15s, Deadline::in(20s));
    });
    const auto subscribed = [&] {
        return redis.ask({"PUBSUB", "NUMSUB", "rollcall:calculator"}).find(":1\r\n") !=
               std::string::npos;
    };
    ASSERT_TRUE(eventually(subscribed));
    redis.ask({"CLIENT", "KILL", "TYPE", "pubsub"});
    ASSERT_TRUE(eventually(subscribed));
    const Connection other = connected("?ttl=60");
    (void)other.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s)).value();
    EXPECT_THAT(news.get().value(), SizeIs(1));
}

TEST_F(RedisRegistry, AStopEndsAWaitAtOnce) {
    const Connection one = connected("?ttl=60");
    const auto known = one.source->read({"calculator"}, Deadline::in(5s)).value();
    std::stop_source stop;
    auto news = std::async(std::launch::async, [&] {
        return one.source->wait(
            {{"calculator", known[0].index}}, 30s, Deadline::in(40s), stop.get_token()
        );
    });
    const TimePoint before = SteadyClock::now();
    stop.request_stop();
    const auto ended = news.get();
    EXPECT_LT(SteadyClock::now() - before, 4s);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::cancelled);
    EXPECT_THAT(one.source->read({"calculator"}, Deadline::in(5s)).value(), SizeIs(1));
}

// Each message made each client read all of its services.
TEST_F(RedisRegistry, AMessageIsOfOneServiceAndABurstIsOneRead) {
    const Connection one = connected("?ttl=60");
    std::vector<std::string> names{"calculator"};
    for (int i = 0; i < 20; ++i)
        names.push_back("service" + std::to_string(i));
    const auto lists = one.source->read(names, Deadline::in(5s)).value();
    std::vector<KnownList> known;
    for (const Snapshot& list : lists)
        known.push_back({list.service, list.index});
    const auto reads = [&] {
        const std::string stats = redis.ask({"INFO", "commandstats"});
        const auto at = stats.find("cmdstat_zrange:calls=");
        return std::stol(stats.substr(at + std::string_view{"cmdstat_zrange:calls="}.size()));
    };
    const TimePoint begun = SteadyClock::now();
    EXPECT_THAT(one.source->wait(known, 100ms, Deadline::in(5s)).value(), IsEmpty());
    const long before = reads();
    auto news = std::async(std::launch::async, [&] {
        return one.source->wait(known, 15s, Deadline::in(20s));
    });
    // Nothing of it is new.
    for (int i = 0; i < 200; ++i)
        redis.ask({"PUBLISH", "rollcall:service7", "x"});
    const Connection other = connected("?ttl=60");
    (void)other.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s)).value();
    const auto changed = news.get().value();
    ASSERT_THAT(changed, SizeIs(1));
    EXPECT_EQ(changed[0].service, "calculator");
    // Every 50 ms at most service7, and once calculator; all of them are looked at each 5 s.
    const auto took = SteadyClock::now() - begun;
    EXPECT_LE(reads() - before, took / 50ms + 2 + took / 5s * 21);
}

}  // namespace
}  // namespace rollcall::registry::tests
