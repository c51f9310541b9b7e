// The adapter of the header protocol, against registries of other makes written by hand.
#include <rollcall/registry/header_registry.h>

#include "http/scripted_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using tests::ScriptedServer;

std::string listing(const std::string& servers) {
    return "HTTP/1.1 200 OK\r\nX-Myrpc-Servers: " + servers + "\r\nContent-Length: 0\r\n\r\n";
}

std::vector<std::string> addresses_in(const Snapshot& snapshot) {
    std::vector<std::string> addresses;
    for (const Instance& instance : snapshot.instances)
        addresses.push_back(instance.addr);
    return addresses;
}

Instance instance_at_9000() {
    Instance instance;
    instance.service = "arith";
    instance.id = "a";
    instance.address = "127.0.0.1";
    instance.port = 9000;
    return instance;
}

class HeaderRegistryTest : public ::testing::Test {
protected:
    [[nodiscard]] http::Url url() const {
        return http::Url::parse(server_.url() + "/myRPC/registry").value();
    }

    std::string answer_ = listing("");
    std::vector<std::string> requests_;
    ScriptedServer server_{tests::answering([this](const std::string& request) {
        requests_.push_back(request);
        return answer_;
    })};
};

// A registry that changes its format took everybody off the list.
TEST_F(HeaderRegistryTest, AListWithNothingReadableIsAnError) {
    HeaderSource source{url(), {}};
    answer_ = listing("tcp@10.0.0.7:9000,tcp@nonsense");
    EXPECT_THAT(
        addresses_in(source.read({"arith"}, Deadline::in(5s)).value().front()),
        ElementsAre("tcp@10.0.0.7:9000")
    );
    answer_ = listing("tcp@nonsense,worse");
    const auto nothing = source.read({"arith"}, Deadline::in(5s));
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code(), Errc::registry_failed);
    EXPECT_THAT(nothing.error().message(), HasSubstr("such as tcp@nonsense"));
}

TEST_F(HeaderRegistryTest, PostsTheAddressToAnnounceAndToRenew) {
    HeaderAnnouncer announcer{url(), {}};
    const Lease lease = announcer.announce({instance_at_9000()}, Deadline::in(5s)).value();
    EXPECT_EQ(lease.interval, 1666ms);
    EXPECT_THAT(lease.missing, IsEmpty());
    (void)announcer.renew(Deadline::in(5s)).value();
    EXPECT_TRUE(announcer.withdraw(Deadline::in(5s)).has_value());
    ASSERT_EQ(requests_.size(), 3U);
    EXPECT_THAT(requests_[0], StartsWith("POST /myRPC/registry HTTP/1.1\r\n"));
    EXPECT_THAT(requests_[0], HasSubstr("X-Myrpc-Server: tcp@127.0.0.1:9000\r\n"));
    EXPECT_THAT(requests_[0], HasSubstr("X-Myrpc-Service: arith\r\n"));
    EXPECT_THAT(requests_[1], StartsWith("POST /myRPC/registry HTTP/1.1\r\n"));
    EXPECT_THAT(requests_[2], StartsWith("DELETE /myRPC/registry HTTP/1.1\r\n"));
    EXPECT_THAT(requests_[2], HasSubstr("X-Myrpc-Server: tcp@127.0.0.1:9000\r\n"));
}

TEST_F(HeaderRegistryTest, PrefixAndVerbatimAddressAreSentAsGiven) {
    HeaderProtocol protocol;
    protocol.prefix = "X-Geerpc-";
    HeaderAnnouncer announcer{url(), protocol};
    Instance instance = instance_at_9000();
    instance.addr = "127.0.0.1:9000";
    (void)announcer.announce({instance}, Deadline::in(5s)).value();
    EXPECT_THAT(requests_[0], HasSubstr("X-Geerpc-Server: 127.0.0.1:9000\r\n"));
}

TEST_F(HeaderRegistryTest, BeatsThreeTimesPerLease) {
    HeaderProtocol protocol;
    protocol.ttl = 300ms;
    HeaderAnnouncer announcer{url(), protocol};
    Instance instance = instance_at_9000();
    EXPECT_EQ(announcer.announce({instance}, Deadline::in(5s)).value().interval, 100ms);
    instance.ttl = 90ms;
    EXPECT_EQ(announcer.announce({instance}, Deadline::in(5s)).value().interval, 30ms);
}

TEST_F(HeaderRegistryTest, InstancesThatAreNotUpAreTakenOffTheList) {
    HeaderAnnouncer announcer{url(), {}};
    Instance instance = instance_at_9000();
    instance.status = Status::draining;
    (void)announcer.announce({instance}, Deadline::in(5s)).value();
    (void)announcer.renew(Deadline::in(5s)).value();
    ASSERT_EQ(requests_.size(), 1U);
    EXPECT_THAT(requests_[0], StartsWith("DELETE "));
}

TEST_F(HeaderRegistryTest, StatusOfTheAnswerCounts) {
    HeaderAnnouncer announcer{url(), {}};
    answer_ = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
    const auto failed = announcer.announce({instance_at_9000()}, Deadline::in(5s));
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error().code(), Errc::registry_failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("POST http://127.0.0.1:"));
    EXPECT_THAT(failed.error().message(), HasSubstr("answered 500"));
    EXPECT_FALSE(announcer.renew(Deadline::in(5s)).has_value());
    EXPECT_FALSE(announcer.withdraw(Deadline::in(5s)).has_value());
}

TEST_F(HeaderRegistryTest, RegistriesWithoutDeleteAreLeftToTheLease) {
    HeaderAnnouncer announcer{url(), {}};
    (void)announcer.announce({instance_at_9000()}, Deadline::in(5s)).value();
    answer_ = "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n";
    EXPECT_TRUE(announcer.withdraw(Deadline::in(5s)).has_value());
    EXPECT_FALSE(announcer.renew(Deadline::in(5s)).has_value());
}

TEST_F(HeaderRegistryTest, OneConnectionServesAllBeats) {
    HeaderAnnouncer announcer{url(), {}};
    (void)announcer.announce({instance_at_9000()}, Deadline::in(5s)).value();
    for (int i = 0; i < 20; ++i)
        (void)announcer.renew(Deadline::in(5s)).value();
    EXPECT_EQ(server_.connections(), 1);
}

TEST_F(HeaderRegistryTest, ReadsTheHeaderListOfOtherRegistries) {
    answer_ = listing("127.0.0.1:1,tcp@127.0.0.1:2, tcp@[::1]:3 ");
    HeaderSource source{url(), {}};
    const auto snapshots = source.read({"arith"}, Deadline::in(5s)).value();
    ASSERT_EQ(snapshots.size(), 1U);
    EXPECT_THAT(
        addresses_in(snapshots[0]), ElementsAre("127.0.0.1:1", "tcp@127.0.0.1:2", "tcp@[::1]:3")
    );
    EXPECT_THAT(requests_[0], HasSubstr("Accept: application/json\r\n"));
    EXPECT_THAT(requests_[0], HasSubstr("X-Myrpc-Service: arith\r\n"));
}

TEST_F(HeaderRegistryTest, AddressesThatCannotBeReadAreLeftOut) {
    answer_ = listing("tcp@127.0.0.1:1,unix@/tmp/s,nonsense,127.0.0.1:2");
    HeaderSource source{url(), {}};
    const auto snapshots = source.read({"arith"}, Deadline::in(5s)).value();
    EXPECT_THAT(addresses_in(snapshots[0]), ElementsAre("tcp@127.0.0.1:1", "127.0.0.1:2"));
}

TEST_F(HeaderRegistryTest, EmptyListIsNoError) {
    HeaderSource source{url(), {}};
    EXPECT_THAT(source.read({"a"}, Deadline::in(5s)).value()[0].instances, IsEmpty());
}

TEST_F(HeaderRegistryTest, ReadsTwoThousandServersFromTheBody) {
    std::string body = R"({"servers":[)";
    for (int i = 0; i < 2000; ++i) {
        const std::string port = std::to_string(10000 + i);
        body += (i == 0 ? "\"tcp@10.0.0.1:" : ",\"tcp@10.0.0.1:") + port + "\"";
    }
    answer_ =
        "HTTP/1.1 200 OK\r\nX-Registry-Index: e.7\r\n" + tests::ok_response(body + "]}").substr(17);
    HeaderSource source{url(), {}};
    const auto snapshots = source.read({"arith"}, Deadline::in(5s)).value();
    ASSERT_EQ(snapshots[0].instances.size(), 2000U);
    EXPECT_EQ(snapshots[0].instances.back().addr, "tcp@10.0.0.1:11999");
    EXPECT_EQ(snapshots[0].index, "e.7");
}

TEST_F(HeaderRegistryTest, HeaderListOfMoreThan8KiBIsAnErrorThatSaysSo) {
    std::string servers = "tcp@10.0.0.7:9000,";
    servers.resize(8192 - std::string{"X-Myrpc-Servers: \r\n"}.size(), 'x');
    HeaderSource source{url(), {}};
    answer_ = listing(servers);
    EXPECT_TRUE(source.read({"arith"}, Deadline::in(5s)).has_value());
    answer_ = listing(servers + "x");
    const auto over = source.read({"arith"}, Deadline::in(5s));
    ASSERT_FALSE(over.has_value());
    EXPECT_EQ(over.error().code(), Errc::registry_failed);
    EXPECT_THAT(over.error().message(), HasSubstr("longer than 8192 bytes"));
}

TEST_F(HeaderRegistryTest, WrongPathIsAnErrorAndNotAnEmptyList) {
    HeaderSource source{url(), {}};
    answer_ = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    const auto missing = source.read({"arith"}, Deadline::in(5s));
    ASSERT_FALSE(missing.has_value());
    EXPECT_THAT(missing.error().message(), HasSubstr("404"));
    answer_ = tests::ok_response("<html>welcome</html>");
    const auto other = source.read({"arith"}, Deadline::in(5s));
    ASSERT_FALSE(other.has_value());
    EXPECT_THAT(other.error().message(), HasSubstr("X-Myrpc-Servers"));
    EXPECT_THAT(other.error().message(), Not(HasSubstr("html")));
}

}  // namespace
}  // namespace rollcall::registry
