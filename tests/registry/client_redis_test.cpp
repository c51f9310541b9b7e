// Redis as a registry: against redis-server as it is packaged, killed, stopped and emptied.
#include <rollcall/registry/connect.h>
#include <rollcall/registry/instance_json.h>
#include <rollcall/registry/registrar.h>

#include "registry/redis_program.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <string>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using tests::eventually;
using tests::RedisProgram;

Instance instance_of(std::uint16_t port, const std::string& incarnation) {
    Instance instance;
    instance.service = "calculator";
    instance.address = "127.0.0.1";
    instance.port = port;
    instance.id = "127.0.0.1:" + std::to_string(port);
    instance.incarnation = incarnation;
    return instance;
}

class RedisRegistry : public ::testing::Test {
protected:
    // `query` is added to the URL.
    [[nodiscard]] Connection connected(const std::string& query = "?ttl=0.6") const {
        return connect(redis.url() + query).value();
    }

    [[nodiscard]] std::vector<Instance> listed(const std::string& service = "calculator") const {
        return connected().source->read({service}, Deadline::in(5s)).value().front().instances;
    }

    [[nodiscard]] std::vector<std::string> ids() const {
        std::vector<std::string> ids;
        for (const Instance& instance : listed())
            ids.push_back(instance.id);
        return ids;
    }

    RedisProgram redis;
};

TEST_F(RedisRegistry, ListsWhatIsAnnouncedInTheOrderOfIds) {
    const Connection one = connected();
    Instance instance = instance_of(9001, "n1");
    instance.zone = "a";
    instance.meta = {{"key", "a \"value\" $5"}};
    instance.status = Status::draining;
    const Lease lease =
        one.announcer->announce({instance, instance_of(9000, "n2")}, Deadline::in(5s)).value();
    EXPECT_EQ(lease.interval, 200ms);
    EXPECT_THAT(lease.replaced, IsEmpty());
    EXPECT_THAT(ids(), ElementsAre("127.0.0.1:9000", "127.0.0.1:9001"));
    instance.via = "redis";
    EXPECT_EQ(listed()[1], instance);
    EXPECT_THAT(listed("somebody_else"), IsEmpty());
    ASSERT_TRUE(one.announcer->withdraw(Deadline::in(5s)));
    EXPECT_THAT(ids(), IsEmpty());
    EXPECT_EQ(redis.ask({"DBSIZE"}), ":0\r\n");
}

// What others read and write: the layout that docs/discovery.md promises.
TEST_F(RedisRegistry, KeepsTheLayoutThatIsDocumented) {
    const Connection one = connected("?ttl=60");
    (void)one.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s)).value();
    const std::string key = "rollcall:calculator:127.0.0.1:9000";
    EXPECT_THAT(redis.ask({"GET", key}), HasSubstr(R"("incarnation":"n")"));
    EXPECT_EQ(redis.ask({"ZCARD", "rollcall:calculator"}), ":1\r\n");
    EXPECT_THAT(redis.ask({"TTL", key}), ::testing::AnyOf(":60\r\n", ":59\r\n"));
    // By hand, as an operator or a program in another language would.
    redis.ask({"SET", "rollcall:calculator:b", R"({"address":"10.0.0.7","port":80})", "EX", "60"});
    redis.ask({"ZADD", "rollcall:calculator", "9999999999999", "b"});
    EXPECT_THAT(ids(), ElementsAre("127.0.0.1:9000", "b"));
    EXPECT_EQ(listed()[1].endpoint(), (Endpoint{"10.0.0.7", 80}));
}

TEST_F(RedisRegistry, WhatIsNoInstanceSpoilsNoList) {
    const Connection one = connected();
    redis.ask({"SET", "rollcall:calculator:bad", "what?"});
    redis.ask({"ZADD", "rollcall:calculator", "9999999999999", "bad"});
    const auto alone = one.source->read({"calculator"}, Deadline::in(5s));
    ASSERT_FALSE(alone);
    EXPECT_THAT(alone.error().message(), HasSubstr("is something else using the prefix?"));
    (void)one.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s)).value();
    EXPECT_THAT(ids(), ElementsAre("127.0.0.1:9000"));
    redis.ask({"DEL", "rollcall:calculator"});
    redis.ask({"SET", "rollcall:calculator", "a text"});
    const auto wrong = one.source->read({"calculator"}, Deadline::in(5s));
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message(), HasSubstr("choose another ?prefix="));
}

TEST_F(RedisRegistry, ALeaseEndsUnlessItIsRenewed) {
    const Connection one = connected();
    (void)one.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s)).value();
    const Deadline end = Deadline::in(1200ms);
    EXPECT_TRUE(eventually([&] {
        EXPECT_THAT(one.announcer->renew(Deadline::in(5s)).value().missing, IsEmpty());
        EXPECT_THAT(ids(), SizeIs(1));
        return end.expired();
    }));
    EXPECT_TRUE(eventually([&] { return ids().empty(); }));
    EXPECT_THAT(
        one.announcer->renew(Deadline::in(5s)).value().missing,
        ElementsAre("calculator/127.0.0.1:9000")
    );
    EXPECT_TRUE(eventually([&] { return redis.ask({"DBSIZE"}) == ":0\r\n"; }));
}

TEST_F(RedisRegistry, AnIndexIsEqualIfTheListIs) {
    const Connection one = connected("?ttl=60");
    const auto index = [&] {
        return one.source->read({"calculator"}, Deadline::in(5s)).value().front().index;
    };
    const std::string empty = index();
    Instance instance = instance_of(9000, "n");
    (void)one.announcer->announce({instance}, Deadline::in(5s)).value();
    const std::string up = index();
    EXPECT_NE(up, empty);
    (void)one.announcer->renew(Deadline::in(5s)).value();
    (void)one.announcer->announce({instance}, Deadline::in(5s)).value();
    EXPECT_EQ(index(), up);
    instance.weight = 1;
    (void)one.announcer->announce({instance}, Deadline::in(5s)).value();
    EXPECT_NE(index(), up);
    ASSERT_TRUE(one.announcer->withdraw(Deadline::in(5s)));
    EXPECT_EQ(index(), empty);
}

TEST_F(RedisRegistry, AReplacedProcessIsToldAndLeavesTheNewerOneAlone) {
    const Connection older = connected();
    const Connection newer = connected();
    (void)older.announcer->announce({instance_of(9000, "older")}, Deadline::in(5s)).value();
    EXPECT_THAT(
        newer.announcer->announce({instance_of(9000, "newer")}, Deadline::in(5s)).value().replaced,
        IsEmpty()
    );
    const auto name = ElementsAre("calculator/127.0.0.1:9000");
    EXPECT_THAT(older.announcer->renew(Deadline::in(5s)).value().replaced, name);
    EXPECT_THAT(
        older.announcer->announce({instance_of(9000, "older")}, Deadline::in(5s)).value().replaced,
        name
    );
    ASSERT_TRUE(older.announcer->withdraw(Deadline::in(5s)));
    ASSERT_THAT(listed(), SizeIs(1));
    EXPECT_EQ(listed()[0].incarnation, "newer");
    // A request of the older one that was under way for long, on a connection that knows nothing;
    // not even when the newer one has left.
    const Connection late = connected();
    EXPECT_THAT(
        late.announcer->announce({instance_of(9000, "older")}, Deadline::in(5s)).value().replaced,
        name
    );
    ASSERT_TRUE(newer.announcer->withdraw(Deadline::in(5s)));
    EXPECT_THAT(
        late.announcer->announce({instance_of(9000, "older")}, Deadline::in(5s)).value().replaced,
        name
    );
    EXPECT_THAT(listed(), IsEmpty());
}

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

TEST_F(RedisRegistry, APausedRedisCostsNoMoreThanTheDeadline) {
    const Connection one = connected();
    (void)one.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s)).value();
    redis.process().signal(SIGSTOP);
    const TimePoint before = SteadyClock::now();
    const auto late = one.announcer->renew(Deadline::in(200ms));
    EXPECT_LT(SteadyClock::now() - before, 4s);
    redis.process().signal(SIGCONT);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::registry_failed);
    EXPECT_THAT(late.error().message(), HasSubstr("no answer to EVAL in time"));
    // The answer that comes now is nobody's.
    EXPECT_TRUE(eventually([&] {
        const auto again = one.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s));
        return again.has_value() && again->replaced.empty();
    }));
    EXPECT_THAT(ids(), ElementsAre("127.0.0.1:9000"));
}

TEST_F(RedisRegistry, ADeadRedisIsAnErrorAndAnEmptyOneIsFilledAgain) {
    const Connection one = connected();
    (void)one.announcer->announce({instance_of(9000, "n")}, Deadline::in(5s)).value();
    const auto before = one.source->read({"calculator"}, Deadline::in(5s)).value();
    redis.process().kill();
    const auto gone = one.announcer->renew(Deadline::in(1s));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code(), Errc::registry_failed);
    EXPECT_THAT(gone.error().message(), HasSubstr(redis.url()));
    EXPECT_FALSE(one.source->read({"calculator"}, Deadline::in(1s)));
    redis.restart();
    EXPECT_THAT(
        one.announcer->renew(Deadline::in(5s)).value().missing,
        ElementsAre("calculator/127.0.0.1:9000")
    );
    const auto after = one.source->read({"calculator"}, Deadline::in(5s)).value();
    // Another epoch, so nobody believes at once that all have left.
    EXPECT_NE(
        before[0].index.substr(0, before[0].index.find('.')),
        after[0].index.substr(0, after[0].index.find('.'))
    );
    EXPECT_THAT(after[0].index, HasSubstr("."));
}

TEST_F(RedisRegistry, ARegistrarStaysListedThroughARestart) {
    RegistrarOptions options;
    options.service = "calculator";
    options.server = Endpoint{"0.0.0.0", 9000};
    options.log = Log::none();
    Registrar registrar{redis.url() + "?ttl=0.6", options};
    ASSERT_TRUE(registrar.wait_registered(Deadline::in(5s)));
    EXPECT_THAT(ids(), ElementsAre("127.0.0.1:9000"));
    redis.restart();
    EXPECT_TRUE(eventually([&] { return ids().size() == 1; }));
    registrar.stop();
    EXPECT_THAT(ids(), IsEmpty());
}

TEST_F(RedisRegistry, TwoThousandInstancesAreReadWhole) {
    const Connection one = connected("?ttl=60");
    std::vector<Instance> many;
    for (std::uint16_t port = 1; port <= 2001; ++port)
        many.push_back(instance_of(port, "n"));
    (void)one.announcer->announce(many, Deadline::in(30s)).value();
    EXPECT_THAT(listed(), SizeIs(2001));
}

}  // namespace
}  // namespace rollcall::registry
