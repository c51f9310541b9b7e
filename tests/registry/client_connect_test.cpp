#include <rollcall/registry/connect.h>

#include "header_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Connect, OffersBothPortsForEachSupportedScheme) {
    for (const char* url :
         {"http://127.0.0.1:7070",
          "http://[::1]:7070/base",
          "header+http://127.0.0.1:7070",
          "header+http://h:7070/myRPC/registry?prefix=X-Gee-&ttl=0.3"}) {
        const auto connection = connect(url);
        ASSERT_TRUE(connection.has_value()) << url << ": " << connection.error().message();
        EXPECT_NE(connection->announcer, nullptr);
        EXPECT_NE(connection->source, nullptr);
    }
}

struct BadUrl {
    const char* url;
    const char* why;
    const char* what_else = "header+http://host:port";
};

class BadRegistryUrls : public ::testing::TestWithParam<BadUrl> {};

TEST_P(BadRegistryUrls, AreRefusedWithTheReasonAndHowItIsWritten) {
    const auto connection = connect(GetParam().url);
    ASSERT_FALSE(connection.has_value());
    EXPECT_EQ(connection.error().code(), Errc::invalid_argument);
    EXPECT_THAT(connection.error().message(), HasSubstr(GetParam().why));
    EXPECT_THAT(connection.error().message(), HasSubstr(GetParam().what_else));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    BadRegistryUrls,
    ::testing::Values(
        BadUrl{"127.0.0.1:7070", "it has no scheme"},
        BadUrl{"", "it has no scheme"},
        BadUrl{"zookeeper://127.0.0.1:2181", "its scheme is not known"},
        BadUrl{"http://h:99999", "the port must be a number", "it is written http://host:port"},
        BadUrl{"header+http://", "there is no host"},
        BadUrl{"header+http://h:1?prefix=", "prefix must be"},
        BadUrl{"header+http://h:1?prefix=a%0db", "prefix must be"},
        BadUrl{"header+http://h:1?ttl=0", "ttl must be"},
        BadUrl{"header+http://h:1?ttl=nan", "ttl must be"},
        BadUrl{"header+http://h:1?ttl=5s", "ttl must be"}
    )
);

TEST(Connect, OffersRedisOnlyWhereItIsBuiltIn) {
    const auto redis = connect("redis://127.0.0.1:6379");
    EXPECT_EQ(redis.has_value(), ROLLCALL_HAS_REDIS != 0);
    if (redis) return;
    EXPECT_EQ(redis.error().code(), Errc::invalid_argument);
    EXPECT_THAT(redis.error().message(), HasSubstr("this build has no Redis support"));
}

TEST(HeaderAddress, IsTakenWithAndWithoutScheme) {
    const Instance plain = instance_at("127.0.0.1:9000", "arith").value();
    EXPECT_EQ(plain.endpoint(), (Endpoint{"127.0.0.1", 9000}));
    EXPECT_EQ(plain.scheme, "tcp");
    EXPECT_EQ(plain.addr, "127.0.0.1:9000");
    EXPECT_EQ(plain.id, "127.0.0.1:9000");
    EXPECT_EQ(plain.service, "arith");
    EXPECT_EQ(plain.via, "header");

    const Instance schemed = instance_at("http@[::1]:9000", "arith").value();
    EXPECT_EQ(schemed.endpoint(), (Endpoint{"::1", 9000}));
    EXPECT_EQ(schemed.scheme, "http");
    EXPECT_EQ(schemed.addr, "http@[::1]:9000");
    EXPECT_EQ(header_address_of(schemed), "http@[::1]:9000");
}

TEST(HeaderAddress, IsRefusedWithoutAPort) {
    for (const char* text : {"", "tcp@", "host", "unix@/tmp/socket", "tcp@h:0", "tcp@h:70000"})
        EXPECT_FALSE(instance_at(text, "arith").has_value()) << text;
}

TEST(HeaderAddress, OfANativeInstanceNamesTheScheme) {
    Instance instance;
    instance.address = "::1";
    instance.port = 9000;
    EXPECT_EQ(header_address_of(instance), "tcp@[::1]:9000");
}

TEST(HeaderAddress, ListsAreSplitAtCommas) {
    EXPECT_THAT(split_servers("a,b,c"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(split_servers(" a ,\tb,,"), ElementsAre("a", "b"));
    EXPECT_THAT(split_servers(""), IsEmpty());
    EXPECT_THAT(split_servers(" , "), IsEmpty());
}

}  // namespace
}  // namespace rollcall::registry
