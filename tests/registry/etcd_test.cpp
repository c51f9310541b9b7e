// A process in a real etcd: keys, leases, twins, users and certificates.
#include "registry/etcd_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace rollcall::registry::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What etcdctl shows of a key; empty if it is not there.
std::string value_of(const EtcdCluster& etcd, const std::string& key) {
    return etcd.ctl({"get", key, "--print-value-only"});
}

TEST(Etcd, ListsAnInstanceAsEtcdctlShowsItUntilItStops) {
    const EtcdCluster etcd;
    {
        RegistrarOptions options = options_for(9000);
        options.zone = "a";
        options.tags = {"blue"};
        options.meta = {{"k", "v"}};
        const Registrar registrar{etcd.url(), options};
        ASSERT_TRUE(registrar.wait_registered(Deadline::in(kPatience)).has_value());
        const std::string value = value_of(etcd, "services/calculator/127.0.0.1:9000");
        EXPECT_THAT(value, HasSubstr(R"({"IP":"127.0.0.1","Addr":"127.0.0.1:9000",)"));

        auto instances = listed(etcd.url());
        ASSERT_EQ(instances.size(), 1U);
        EXPECT_EQ(instances[0].ttl, 15s) << "the lease of the URL";
        Instance expected = registrar.instance();
        expected.ttl = 15s;
        expected.via = "etcd";
        EXPECT_EQ(instances[0], expected);
    }
    EXPECT_THAT(listed(etcd.url()), IsEmpty());
    EXPECT_THAT(etcd.ctl({"lease", "list"}), HasSubstr("found 0 leases"));
}

TEST(Etcd, ReadsWhatEtcdctlWritesInEveryLayout) {
    const EtcdCluster etcd;
    etcd.ctl({"put", "services/calculator", R"({"IP":"192.168.1.26"})"});
    etcd.ctl({"put", "services/calculator/x", R"({"IP":"10.0.0.1","Addr":"10.0.0.1:9"})"});
    etcd.ctl({"put", "services/calculator-v2/y", R"({"Addr":"10.0.0.2:9"})"});
    etcd.ctl({"put", "services/calculator/broken", "{"});
    etcd.ctl({"put", "server/001", "127.0.0.1:1212"});
    etcd.ctl({"put", "server/002", "127.0.0.1:1213"});
    etcd.ctl({"put", "/node/111", "127.0.0.1:1214"});
    etcd.ctl({"put", "/nodex/111", "127.0.0.1:1215"});
    etcd.ctl({"put", "calculator/10.0.0.3:9", R"({"Op":0,"Addr":"10.0.0.3:9"})"});
    etcd.ctl({"put", "base/Calculator/tcp@10.0.0.4:9", "weight=3"});

    const auto ids = [&](const std::string& rest) {
        std::vector<std::string> all;
        for (const Instance& instance : listed(etcd.url() + rest))
            all.push_back(instance.id + " " + instance.endpoint().to_string());
        return all;
    };
    EXPECT_THAT(ids(""), ElementsAre("x 10.0.0.1:9"));
    EXPECT_THAT(
        ids("/services?port=70"), ElementsAre("192.168.1.26:70 192.168.1.26:70", "x 10.0.0.1:9")
    );
    EXPECT_THAT(ids("?layout=plain"), ElementsAre("001 127.0.0.1:1212", "002 127.0.0.1:1213"));
    EXPECT_THAT(ids("//node?layout=plain"), ElementsAre("111 127.0.0.1:1214"));
    EXPECT_THAT(ids("?layout=naming"), ElementsAre("10.0.0.3:9 10.0.0.3:9"));
    EXPECT_THAT(ids("/base?layout=rpcx"), ElementsAre("tcp@10.0.0.4:9 10.0.0.4:9"));
}

TEST(Etcd, WritesPlainAddressesWhereOnlyThoseThatAreUpAreListed) {
    const EtcdCluster etcd;
    RegistrarOptions options = options_for(9000);
    options.id = "001";
    std::optional<Registrar> registrar{std::in_place, etcd.url() + "?layout=plain", options};
    ASSERT_TRUE(registrar->wait_registered(Deadline::in(kPatience)).has_value());
    EXPECT_EQ(value_of(etcd, "server/001"), "127.0.0.1:9000\n");
    registrar->set_status(Status::draining);
    ASSERT_TRUE(registrar->wait_registered(Deadline::in(kPatience)).has_value());
    EXPECT_EQ(value_of(etcd, "server/001"), "");
    registrar->set_status(Status::up);
    ASSERT_TRUE(registrar->wait_registered(Deadline::in(kPatience)).has_value());
    EXPECT_EQ(value_of(etcd, "server/001"), "127.0.0.1:9000\n");
    registrar.reset();
    EXPECT_EQ(value_of(etcd, "server/001"), "");
}

TEST(Etcd, LeaseIsRenewedForAsLongAsTheProcessLives) {
    const EtcdCluster etcd;
    const Registrar registrar{etcd.url() + "?ttl=2", options_for(9000)};
    ASSERT_TRUE(registrar.wait_registered(Deadline::in(kPatience)).has_value());
    auto source = std::move(connect(etcd.url()).value().source);
    const Deadline end = Deadline::in(3s);
    const std::string index = read_from(*source).index;
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(read_from(*source).index, index);
        return end.expired();
    }));
}

TEST(Etcd, LeaseRunsOutWithoutRenewals) {
    const EtcdCluster etcd;
    auto connection = connect(etcd.url() + "?ttl=1").value();
    const auto lease = connection.announcer->announce({instance_at(9000)}, Deadline::in(kPatience));
    ASSERT_TRUE(lease.has_value()) << lease.error().message();
    EXPECT_GE(lease->interval, 300ms);
    EXPECT_LE(lease->interval, 340ms);
    EXPECT_TRUE(is_listed(etcd.url(), "127.0.0.1:9000"));
    EXPECT_TRUE(eventually([&] { return listed(etcd.url()).empty(); }));
    EXPECT_THAT(
        connection.announcer->renew(Deadline::in(kPatience)).value().missing,
        ElementsAre("calculator/127.0.0.1:9000")
    );
}

TEST(Etcd, LeaseRevokedBehindOurBackIsGrantedAgainWithinItsTime) {
    const EtcdCluster etcd;
    const Registrar registrar{etcd.url(), options_for(9000, 2s)};
    ASSERT_TRUE(registrar.wait_registered(Deadline::in(kPatience)).has_value());
    const std::string leases = etcd.ctl({"lease", "list"});
    const std::string id = leases.substr(leases.find('\n') + 1, 16);
    etcd.ctl({"lease", "revoke", id});
    const TimePoint revoked = SteadyClock::now();
    EXPECT_TRUE(eventually([&] { return is_listed(etcd.url(), "127.0.0.1:9000"); }));
    EXPECT_LT(SteadyClock::now() - revoked, 2s);
    EXPECT_THAT(etcd.ctl({"lease", "list"}), Not(HasSubstr(id)));
}

TEST(Etcd, DeletedOrOverwrittenKeyIsWrittenAgain) {
    const EtcdCluster etcd;
    const Registrar registrar{etcd.url(), options_for(9000, 1s)};
    ASSERT_TRUE(registrar.wait_registered(Deadline::in(kPatience)).has_value());
    const std::string key = "services/calculator/127.0.0.1:9000";
    etcd.ctl({"del", key});
    EXPECT_TRUE(eventually([&] { return is_listed(etcd.url(), "127.0.0.1:9000"); }));
    etcd.ctl({"put", key, "an accident"});
    EXPECT_TRUE(eventually([&] { return is_listed(etcd.url(), "127.0.0.1:9000"); }));
    EXPECT_EQ(registrar.state(), RegistrarState::registered);
}

TEST(Etcd, NewerTwinReplacesTheOlderOneWhoseGoodbyeChangesNothing) {
    const EtcdCluster etcd;
    std::optional<Registrar> older{std::in_place, etcd.url(), options_for(9000, 1s)};
    ASSERT_TRUE(older->wait_registered(Deadline::in(kPatience)).has_value());
    std::optional<Registrar> late{std::in_place, etcd.url(), options_for(9001, 600s)};
    ASSERT_TRUE(late->wait_registered(Deadline::in(kPatience)).has_value());
    const Registrar newer{etcd.url(), options_for(9000, 1s)};
    const Registrar newest{etcd.url(), options_for(9001)};
    ASSERT_TRUE(newer.wait_registered(Deadline::in(kPatience)).has_value());
    ASSERT_TRUE(newest.wait_registered(Deadline::in(kPatience)).has_value());
    EXPECT_TRUE(eventually([&] { return older->state() == RegistrarState::replaced; }));
    EXPECT_EQ(late->state(), RegistrarState::registered) << "its next beat is far away";
    older.reset();
    late.reset();
    const auto instances = listed(etcd.url());
    ASSERT_EQ(instances.size(), 2U);
    EXPECT_EQ(instances[0].incarnation, newer.instance().incarnation);
    EXPECT_EQ(instances[0].effective_status(), Status::up);
    EXPECT_EQ(instances[1].incarnation, newest.instance().incarnation);
    EXPECT_EQ(instances[1].effective_status(), Status::up);
}

// A process that was killed leaves its key until its lease ends; the next one does not wait.
TEST(Etcd, KeyOfAKilledPredecessorIsTakenOver) {
    const EtcdCluster etcd;
    auto dead = connect(etcd.url()).value().announcer;
    ASSERT_TRUE(dead->announce({instance_at(9000)}, Deadline::in(kPatience)).has_value());
    auto next = connect(etcd.url()).value().announcer;
    const auto lease = next->announce({instance_at(9000, "two")}, Deadline::in(kPatience));
    ASSERT_TRUE(lease.has_value());
    EXPECT_THAT(lease->replaced, IsEmpty());
    EXPECT_EQ(listed(etcd.url()).at(0).incarnation, "two");
    EXPECT_THAT(
        dead->announce({instance_at(9000)}, Deadline::in(kPatience))->replaced,
        ElementsAre("calculator/127.0.0.1:9000")
    );
    EXPECT_EQ(listed(etcd.url()).at(0).incarnation, "two");
}

TEST(Etcd, InstancesThatAreNoLongerAnnouncedAreTakenOffTheList) {
    const EtcdCluster etcd;
    auto announcer = connect(etcd.url()).value().announcer;
    const Deadline deadline = Deadline::in(kPatience);
    ASSERT_TRUE(announcer->announce({instance_at(9000), instance_at(9001)}, deadline).has_value());
    EXPECT_EQ(listed(etcd.url()).size(), 2U);
    ASSERT_TRUE(announcer->announce({instance_at(9001)}, deadline).has_value());
    EXPECT_FALSE(is_listed(etcd.url(), "127.0.0.1:9000"));
    EXPECT_THAT(etcd.ctl({"lease", "list"}), HasSubstr("found 1 leases"));
    const auto lease = announcer->renew(deadline);
    EXPECT_THAT(lease.value().missing, IsEmpty());
}

TEST(Etcd, ManyInstancesShareOneLeaseAndOneBeat) {
    const EtcdCluster etcd;
    auto announcer = connect(etcd.url()).value().announcer;
    std::vector<Instance> many;
    for (int i = 0; i < 201; ++i)  // more than fit into one transaction, and one more
        many.push_back(instance_at(static_cast<std::uint16_t>(10000 + i)));
    ASSERT_TRUE(announcer->announce(many, Deadline::in(kPatience)).has_value());
    EXPECT_EQ(listed(etcd.url()).size(), 201U);
    EXPECT_THAT(etcd.ctl({"lease", "list"}), HasSubstr("found 1 leases"));
    etcd.ctl({"del", "services/calculator/127.0.0.1:10200"});
    EXPECT_THAT(
        announcer->renew(Deadline::in(kPatience)).value().missing,
        ElementsAre("calculator/127.0.0.1:10200")
    );
    ASSERT_TRUE(announcer->withdraw(Deadline::in(kPatience)).has_value());
    EXPECT_THAT(listed(etcd.url()), IsEmpty());
}

TEST(Etcd, AsksForAUserAndLogsInAgainWhenTheTokenIsLost) {
    EtcdCluster etcd;
    etcd.ctl({"user", "add", "root:open-sesame"});
    etcd.ctl({"user", "grant-role", "root", "root"});
    etcd.ctl({"auth", "enable"});

    auto nobody = connect(etcd.url()).value();
    const auto refused = nobody.source->read({"calculator"}, Deadline::in(kPatience));
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message(), HasSubstr("add ?user=NAME to its URL"));
    auto wrong = connect(etcd.url() + "?user=root", {"shut-sesame", {}}).value();
    const auto failed = wrong.announcer->announce({instance_at(9000)}, Deadline::in(kPatience));
    ASSERT_FALSE(failed.has_value());
    EXPECT_THAT(failed.error().message(), HasSubstr("authentication failed"));
    EXPECT_THAT(failed.error().message(), Not(HasSubstr("sesame")));

    auto root = connect(etcd.url() + "?user=root", {"open-sesame", {}}).value();
    ASSERT_TRUE(root.announcer->announce({instance_at(9000)}, Deadline::in(kPatience)));
    const Snapshot before = read_from(*root.source);
    EXPECT_EQ(before.instances.size(), 1U);
    // Its tokens are in its memory.
    etcd.kill(0);
    etcd.start(0);
    EXPECT_TRUE(eventually([&] {
        return root.announcer->renew(Deadline::in(kPatience)).has_value();
    }));
    EXPECT_EQ(read_from(*root.source).index, before.index);
    // And those of the watch.
    EXPECT_TRUE(root.source->wait({{"calculator", before.index}}, 100ms, Deadline::in(kPatience)));
}

TEST(Etcd, SpeaksTlsAndBelievesOnlyItsAuthority) {
    rollcall::tests::Authority authority;
    rollcall::tests::Authority other;
    const EtcdCluster etcd{{1, authority.issue(), authority.file()}};
    const AccessOptions access{"", {authority.file(), "", ""}};
    auto connection = connect(etcd.url(), access).value();
    ASSERT_TRUE(connection.announcer->announce({instance_at(9000)}, Deadline::in(kPatience)));
    const Snapshot snapshot = read_from(*connection.source);
    ASSERT_EQ(snapshot.instances.size(), 1U);
    etcd.ctl({"put", "services/calculator/x", R"({"Addr":"10.0.0.1:9"})"});
    const auto news = connection.source->wait(
        {{"calculator", snapshot.index}}, kPatience, Deadline::in(2 * kPatience)
    );
    ASSERT_TRUE(news.has_value()) << news.error().message();
    EXPECT_EQ(news->at(0).instances.size(), 2U);

    auto stranger = connect(etcd.url(), {"", {other.file(), "", ""}}).value();
    const auto refused = stranger.source->read({"calculator"}, Deadline::in(kPatience));
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message(), HasSubstr("certificate"));
}

}  // namespace
}  // namespace rollcall::registry::tests
