// Watching a real etcd: what changes is told at once, and nothing is missed.
#include <rollcall/discovery/registry_discovery.h>

#include "registry/etcd_fixture.h"
#include "support/kept_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>

namespace rollcall::registry::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kValue = R"({"Addr":"10.0.0.1:9"})";

class EtcdWatch : public ::testing::Test {
protected:
    using News = Result<std::vector<Snapshot>>;

    EtcdWatch() : source(std::move(connect(etcd.url()).value().source)) {}

    [[nodiscard]] News wait(
        const std::string& index, Duration time = kPatience, std::stop_token stop = {}
    ) {
        return source->wait(
            {{"calculator", index}}, time, Deadline::in(time + kPatience), std::move(stop)
        );
    }

    std::future<News> wait_aside(const std::string& index) {
        return std::async(std::launch::async, [this, index] { return wait(index); });
    }

    EtcdCluster etcd;
    std::unique_ptr<Source> source;
};

// The index of a list, wherever and whenever it was read.
TEST_F(EtcdWatch, IndexChangesIfAndOnlyIfTheListDoes) {
    const std::string empty = read_from(*source).index;
    etcd.ctl({"put", "services/other/x", kValue});
    etcd.ctl({"put", "services/calculator/broken", "{"});
    EXPECT_EQ(read_from(*source).index, empty);
    etcd.ctl({"put", "services/calculator/x", kValue});
    const std::string one = read_from(*source).index;
    EXPECT_NE(one, empty);
    etcd.ctl({"put", "services/calculator/x", kValue});
    EXPECT_EQ(read_from(*source).index, one);
    EXPECT_EQ(read_from(*connect(etcd.url()).value().source).index, one);
    etcd.ctl({"put", "services/calculator/x", R"({"Addr":"10.0.0.1:10"})"});
    EXPECT_NE(read_from(*source).index, one);
}

TEST_F(EtcdWatch, ChangeEndsTheWaitAtOnce) {
    const std::string index = read_from(*source).index;
    auto waiting = wait_aside(index);
    EXPECT_EQ(waiting.wait_for(300ms), std::future_status::timeout);
    etcd.ctl({"put", "services/calculator/x", kValue});
    const auto news = waiting.get();
    ASSERT_TRUE(news.has_value()) << news.error().message();
    ASSERT_EQ(news->size(), 1U);
    EXPECT_EQ(news->at(0).instances.size(), 1U);
    EXPECT_NE(news->at(0).index, index);
}

TEST_F(EtcdWatch, ChangesBetweenReadAndWaitAreNotMissed) {
    const std::string index = read_from(*source).index;
    etcd.ctl({"put", "services/calculator/x", kValue});
    auto news = wait(index);
    ASSERT_EQ(news.value().size(), 1U);
    etcd.ctl({"del", "services/calculator/x"});
    news = wait(news->at(0).index);
    ASSERT_EQ(news.value().size(), 1U);
    EXPECT_THAT(news->at(0).instances, IsEmpty());
}

TEST_F(EtcdWatch, ListThatIsKnownUnderAnotherIndexIsAnsweredAtOnce) {
    EXPECT_EQ(wait("another.1").value().size(), 1U);
    auto fresh = std::move(connect(etcd.url()).value().source);
    const auto news = fresh->wait({{"calculator", ""}}, kPatience, Deadline::in(2 * kPatience));
    EXPECT_EQ(news.value().size(), 1U);
}

TEST_F(EtcdWatch, WaitEndsWithoutNewsWhenItsTimeIsUp) {
    const std::string index = read_from(*source).index;
    for (const Duration time : {Duration{1ms}, Duration{20ms}, Duration{300ms}}) {
        const TimePoint begun = SteadyClock::now();
        EXPECT_THAT(wait(index, time).value(), IsEmpty());
        EXPECT_GE(SteadyClock::now() - begun, time);
        EXPECT_LT(SteadyClock::now() - begun, 5s);
    }
}

TEST_F(EtcdWatch, OtherKeysAndUnchangedValuesDoNotEndIt) {
    etcd.ctl({"put", "services/calculator/x", kValue});
    auto waiting = wait_aside(read_from(*source).index);
    EXPECT_EQ(waiting.wait_for(200ms), std::future_status::timeout);
    etcd.ctl({"put", "services/calculator2/x", kValue});
    etcd.ctl({"put", "services/calculator/x", kValue});
    EXPECT_EQ(waiting.wait_for(200ms), std::future_status::timeout);
    etcd.ctl({"del", "services/calculator/x"});
    EXPECT_EQ(waiting.get().value().size(), 1U);
}

TEST_F(EtcdWatch, SeveralServicesShareOneStream) {
    const auto lists = source->read({"a", "b", "c"}, Deadline::in(kPatience)).value();
    std::vector<KnownList> known;
    for (const Snapshot& list : lists)
        known.push_back({list.service, list.index});
    etcd.ctl({"put", "services/b/x", kValue});
    const auto news = source->wait(known, kPatience, Deadline::in(2 * kPatience));
    ASSERT_EQ(news.value().size(), 1U);
    EXPECT_EQ(news->at(0).service, "b");
}

TEST_F(EtcdWatch, AsManyServicesAsItSaysCanBeWatched) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < source->waits_for(); ++i)
        names.push_back("s" + std::to_string(i));
    const auto lists = source->read(names, Deadline::in(kPatience)).value();
    std::vector<KnownList> known;
    for (const Snapshot& list : lists)
        known.push_back({list.service, list.index});
    EXPECT_THAT(source->wait(known, 200ms, Deadline::in(kPatience)).value(), IsEmpty());
    etcd.ctl({"put", "services/" + names.back() + "/x", kValue});
    const auto news = source->wait(known, kPatience, Deadline::in(2 * kPatience));
    ASSERT_EQ(news.value().size(), 1U);
    EXPECT_EQ(news->at(0).service, names.back());
}

TEST_F(EtcdWatch, StopEndsItAtOnceAndTheNextOneMissesNothing) {
    const std::string index = read_from(*source).index;
    std::stop_source stop;
    auto waiting =
        std::async(std::launch::async, [&] { return wait(index, kPatience, stop.get_token()); });
    EXPECT_EQ(waiting.wait_for(200ms), std::future_status::timeout);
    stop.request_stop();
    EXPECT_EQ(waiting.get().error().code(), Errc::cancelled);
    etcd.ctl({"put", "services/calculator/x", kValue});
    EXPECT_EQ(wait(index).value().size(), 1U);
}

TEST_F(EtcdWatch, CompactionWhileItIsParkedCostsNothing) {
    auto waiting = wait_aside(read_from(*source).index);
    EXPECT_EQ(waiting.wait_for(200ms), std::future_status::timeout);
    etcd.ctl({"put", "unrelated", "1"});
    etcd.ctl({"put", "unrelated", "2"});
    etcd.ctl({"compact", "3"});
    EXPECT_EQ(waiting.wait_for(200ms), std::future_status::timeout);
    etcd.ctl({"put", "services/calculator/x", kValue});
    EXPECT_EQ(waiting.get().value().size(), 1U);
}

// The past that it would go on from is gone: it has to read again.
TEST_F(EtcdWatch, CompactionBetweenTwoWaitsHidesNoChange) {
    const std::string index = read_from(*source).index;
    etcd.ctl({"put", "services/calculator/x", kValue});
    etcd.ctl({"put", "unrelated", "1"});
    etcd.ctl({"put", "unrelated", "2"});
    etcd.ctl({"compact", "4"});
    const auto news = wait(index);
    ASSERT_EQ(news.value().size(), 1U);
    EXPECT_EQ(news->at(0).instances.size(), 1U);
    etcd.ctl({"put", "unrelated", "3"});
    etcd.ctl({"put", "unrelated", "4"});
    etcd.ctl({"compact", "6"});
    EXPECT_THAT(wait(news->at(0).index, 300ms).value(), IsEmpty());
}

// Whether all have left or all leases ran out makes the difference between an empty list that is
// believed and one that is not.
TEST_F(EtcdWatch, EmptyListSaysWhetherTheLastHasLeftOnPurpose) {
    const auto epoch = [](const Snapshot& list) {
        return list.index.substr(0, list.index.rfind('.'));
    };
    auto announcer = connect(etcd.url()).value().announcer;
    ASSERT_TRUE(announcer->announce({instance_at(9000)}, Deadline::in(kPatience)));
    Snapshot list = read_from(*source);
    ASSERT_TRUE(announcer->withdraw(Deadline::in(kPatience)));
    const std::string before = epoch(list);
    while (!list.instances.empty())
        list = wait(list.index).value().at(0);
    EXPECT_EQ(epoch(list), before);

    ASSERT_TRUE(announcer->announce({instance_at(9000)}, Deadline::in(kPatience)));
    list = wait(list.index).value().at(0);
    EXPECT_EQ(epoch(list), before);
    etcd.ctl({"del", "--prefix", "services/"});
    while (!list.instances.empty())
        list = wait(list.index).value().at(0);
    EXPECT_EQ(epoch(list), before + "-lost");
    EXPECT_EQ(read_from(*source).index, list.index) << "it stays so while it is empty";
    ASSERT_TRUE(announcer->announce({instance_at(9000)}, Deadline::in(kPatience)));
    EXPECT_EQ(epoch(wait(list.index).value().at(0)), before);
}

TEST_F(EtcdWatch, GoodbyeThatNobodyHasWatchedIsFoundInTheHistory) {
    auto announcer = connect(etcd.url()).value().announcer;
    const auto come = [&] {
        ASSERT_TRUE(
            announcer->announce({instance_at(9000), instance_at(9001)}, Deadline::in(kPatience))
        );
        EXPECT_EQ(read_from(*source).instances.size(), 2U);
    };
    come();
    ASSERT_TRUE(announcer->withdraw(Deadline::in(kPatience)));
    EXPECT_THAT(read_from(*source).index, Not(HasSubstr("-lost")));
    come();
    etcd.ctl({"del", "--prefix", "services/"});
    EXPECT_THAT(read_from(*source).index, HasSubstr("-lost"));
    come();
    ASSERT_TRUE(announcer->withdraw(Deadline::in(kPatience)));
    etcd.ctl({"put", "unrelated", "1"});
    const std::string now = etcd.ctl({"get", "unrelated", "-w=fields"});
    const auto at = now.find("\"Revision\" : ") + 13;
    etcd.ctl({"compact", now.substr(at, now.find('\n', at) - at)});
    EXPECT_THAT(read_from(*source).index, HasSubstr("-lost")) << "nobody can tell any more";
}

TEST_F(EtcdWatch, RefusalToLetItWatchIsAnErrorThatSaysSo) {
    const std::string index = read_from(*source).index;
    etcd.ctl({"user", "add", "root:pw"});
    etcd.ctl({"user", "grant-role", "root", "root"});
    etcd.ctl({"auth", "enable"});
    const auto refused = wait(index);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), Errc::registry_failed);
    EXPECT_THAT(refused.error().message(), HasSubstr("user name is empty"));
}

// A watch spans all keys between the first and the last of a service, and a role that is granted
// the service's own keys does not. The list was read and the watch refused, in an endless round.
TEST_F(EtcdWatch, UserOfOneServiceReadsOnTime) {
    etcd.ctl({"put", "services/calculator/x", kValue});
    etcd.ctl({"user", "add", "root:pw"});
    etcd.ctl({"user", "grant-role", "root", "root"});
    etcd.ctl({"role", "add", "reader"});
    etcd.ctl({"role", "grant-permission", "reader", "read", "services/calculator"});
    etcd.ctl({"role", "grant-permission", "reader", "--prefix=true", "read", "services/calculator/"}
    );
    etcd.ctl({"user", "add", "reader:secret"});
    etcd.ctl({"user", "grant-role", "reader", "reader"});
    etcd.ctl({"auth", "enable"});
    const std::string url = etcd.url() + "?user=reader";
    source = std::move(connect(url, {"secret", {}}).value().source);
    const Snapshot list = read_from(*source);
    EXPECT_EQ(list.instances.size(), 1U);
    const auto refused = wait(list.index);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), Errc::overloaded) << refused.error().message();
    EXPECT_THAT(refused.error().message(), HasSubstr("permission denied"));

    rollcall::tests::KeptLog log;
    discovery::RegistryDiscoveryOptions options;
    options.refresh = 100ms;
    options.access.token = "secret";
    options.log = log.log();
    const discovery::RegistryDiscovery found{url, "calculator", options};
    const auto count = [&] {
        const auto all = found.snapshot();
        return all ? all->instances.size() : 0;
    };
    EXPECT_TRUE(eventually([&] { return count() == 1; }));
    etcd.ctl({"--user=root:pw", "put", "services/calculator/y", R"({"Addr":"10.0.0.2:9"})"});
    EXPECT_TRUE(eventually([&] { return count() == 2; }));
    EXPECT_EQ(log.count("", LogLevel::warning), 0);
}

// The whole way: a registrar, etcd, a discovery.
TEST_F(EtcdWatch, DiscoveryHearsOfRegistrarsAtOnce) {
    discovery::RegistryDiscoveryOptions options;
    options.refresh = 60s;
    options.log = Log::none();
    const discovery::RegistryDiscovery found{etcd.url(), "calculator", options};
    const auto count = [&] {
        const auto list = found.snapshot();
        return list ? static_cast<int>(list->instances.size()) : -1;
    };
    EXPECT_TRUE(eventually([&] { return count() == 0; }));
    std::optional<Registrar> first{std::in_place, etcd.url(), options_for(9000)};
    EXPECT_TRUE(eventually([&] { return count() == 1; }));
    Registrar second{etcd.url(), options_for(9001)};
    EXPECT_TRUE(eventually([&] { return count() == 2; }));
    second.set_status(Status::draining);
    EXPECT_TRUE(eventually([&] {
        return found.snapshot()->instances.back().effective_status() == Status::draining;
    }));
    second.stop();
    first.reset();
    const TimePoint left = SteadyClock::now();
    EXPECT_TRUE(eventually([&] { return count() == 0; })) << "who has left is believed";
    EXPECT_LT(SteadyClock::now() - left, 5s);
    EXPECT_FALSE(found.status().error.has_value());
}

}  // namespace
}  // namespace rollcall::registry::tests
