// Redis as a registry: against redis-server as it is packaged, killed, stopped and emptied.
#include <rollcall/registry/connect.h>
#include <rollcall/registry/instance_json.h>
#include <rollcall/registry/registrar.h>

#include "registry/redis_fixture.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

namespace rollcall::registry::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

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
    instance.ttl = 600ms;  // the URL's
    EXPECT_EQ(listed()[1], instance);
    EXPECT_THAT(listed("somebody_else"), IsEmpty());
    ASSERT_TRUE(one.announcer->withdraw(Deadline::in(5s)));
    EXPECT_THAT(ids(), IsEmpty());
    EXPECT_EQ(redis.ask({"DBSIZE"}), ":0\r\n");
}

TEST_F(RedisRegistry, ListsUnixDomainSockets) {
    const Connection one = connected();
    Instance instance = instance_of(9000, "n");
    instance.address = instance.id = "unix:/run/x.sock";
    instance.port = 0;
    ASSERT_TRUE(one.announcer->announce({instance}, Deadline::in(5s)));
    EXPECT_THAT(ids(), ElementsAre("unix:/run/x.sock"));
    EXPECT_EQ(listed()[0].endpoint().to_string(), "unix:/run/x.sock");
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
    EXPECT_NE(before[0].index, after[0].index);
    // Without an epoch, so nobody believes at once that all have left.
    EXPECT_THAT(after[0].index, Not(HasSubstr(".")));
}

// It was registered, and nobody saw it.
TEST_F(RedisRegistry, AnyLeaseIsListed) {
    const Connection one = connected();
    for (const std::chrono::seconds ttl : {2s, 600s, 601s, 900s, 86400s}) {
        Instance instance = instance_of(9000, "n");
        instance.ttl = ttl;
        (void)one.announcer->announce({instance}, Deadline::in(5s)).value();
        ASSERT_THAT(listed(), SizeIs(1)) << ttl.count();
        EXPECT_EQ(listed()[0].ttl, ttl);
    }
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
}  // namespace rollcall::registry::tests
