#include <rollcall/base/endpoint.h>

#include <gtest/gtest.h>

namespace rollcall {

TEST(Endpoint, ParsesAddressesAndNames) {
    for (const char* text : {"127.0.0.1:9000", "[::1]:9000", "name.example:1", "localhost:0"}) {
        const Result<Endpoint> endpoint = Endpoint::parse(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(endpoint->to_string(), text);
    }
}

TEST(Endpoint, SaysWhatIsWrong) {
    for (const char* text :
         {"",
          ":",
          "host",
          "host:",
          "host:x",
          "host:65536",
          "host:-1",
          "::1:9000",
          "[::1:9000",
          "[name]:1",
          "ho st:1",
          ":80",
          "-host:1",
          "host:1 "}) {
        const Result<Endpoint> endpoint = Endpoint::parse(text);
        ASSERT_FALSE(endpoint) << text;
        EXPECT_EQ(endpoint.error().code(), Errc::invalid_argument);
        EXPECT_NE(endpoint.error().message().find("is not host:port: "), std::string::npos);
    }
}

TEST(Endpoint, KnowsKinds) {
    EXPECT_TRUE(Endpoint("0.0.0.0", 1).is_wildcard());
    EXPECT_TRUE(Endpoint("::", 1).is_wildcard());
    EXPECT_TRUE(Endpoint("0:0::0", 1).is_wildcard());
    EXPECT_FALSE(Endpoint("127.0.0.1", 1).is_wildcard());
    EXPECT_TRUE(Endpoint("127.3.2.1", 1).is_loopback());
    EXPECT_TRUE(Endpoint("::1", 1).is_loopback());
    EXPECT_TRUE(Endpoint("localhost", 1).is_loopback());
    EXPECT_FALSE(Endpoint("10.0.0.1", 1).is_loopback());
    EXPECT_TRUE(Endpoint("host", 1).is_name());
    EXPECT_FALSE(Endpoint("10.0.0.1", 1).is_name());
}

TEST(Endpoint, TakesNoHiddenBytes) {
    using namespace std::string_literals;
    using namespace std::string_view_literals;
    EXPECT_FALSE(Endpoint::parse("[::1\0x]:9000"sv));
    EXPECT_FALSE(Endpoint::parse("127.0.0.1\0x:9000"sv));
    EXPECT_FALSE(Endpoint("127.0.0.1\0x"s, 1).is_ipv4());
}

TEST(Endpoint, HostNamesHaveALimit) {
    EXPECT_TRUE(Endpoint::parse(std::string(252, 'a') + ":1"));
    EXPECT_TRUE(Endpoint::parse(std::string(253, 'a') + ":1"));
    EXPECT_FALSE(Endpoint::parse(std::string(254, 'a') + ":1"));
}

TEST(Endpoint, NamesUnixDomainSockets) {
    for (const char* text : {"unix:/run/x.sock", "unix:/a", "unix:@name", "unix:/a:9000"}) {
        const Result<Endpoint> endpoint = Endpoint::parse(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_TRUE(endpoint->is_unix());
        EXPECT_TRUE(endpoint->is_loopback());
        EXPECT_FALSE(endpoint->is_name());
        EXPECT_FALSE(endpoint->is_wildcard());
        EXPECT_EQ(endpoint->to_string(), text);
        EXPECT_EQ(endpoint->port(), 0);
        EXPECT_EQ(endpoint->unix_name(), std::string_view{text}.substr(5));
        EXPECT_EQ(Endpoint(endpoint->host(), endpoint->port()), *endpoint);
    }
    EXPECT_NE(Endpoint::parse("unix:/a").value(), Endpoint::parse("unix:/b").value());
    EXPECT_FALSE(Endpoint("127.0.0.1", 1).is_unix());
    EXPECT_EQ(Endpoint("127.0.0.1", 1).unix_name(), "");
    // A host may be called so.
    EXPECT_EQ(Endpoint::parse("unix:9000").value(), Endpoint("unix", 9000));
}

TEST(Endpoint, SaysWhatIsWrongWithAUnixDomainSocket) {
    for (const char* text :
         {"unix:",
          "unix:x.sock",
          "unix:./x",
          "unix:@",
          "unix:/",
          "unix:/a/",
          "unix:/a b",
          "unix:/a\n",
          "unix:/\xc3\xa4"}) {
        const Result<Endpoint> endpoint = Endpoint::parse(text);
        ASSERT_FALSE(endpoint) << text;
        EXPECT_NE(endpoint.error().message().find("is no Unix domain socket: "), std::string::npos)
            << endpoint.error().message();
    }
}

TEST(Endpoint, UnixNamesHaveTheLimitOfTheSystem) {
    for (const std::string first : {"unix:/", "unix:@"}) {
        const std::size_t most = first == "unix:/" ? 106 : 107;
        EXPECT_TRUE(Endpoint::parse(first + std::string(most - 1, 'a')));
        EXPECT_TRUE(Endpoint::parse(first + std::string(most, 'a')));
        const Result<Endpoint> over = Endpoint::parse(first + std::string(most + 1, 'a'));
        ASSERT_FALSE(over);
        EXPECT_NE(
            over.error().message().find("108 bytes long; the system takes at most 107"),
            std::string::npos
        ) << over.error().message();
    }
}

TEST(LiveEndpoint, IsAliveWithoutAProbe) {
    const LiveEndpoint endpoint = Endpoint{"127.0.0.1", 9000};
    EXPECT_EQ(endpoint.to_string(), "127.0.0.1:9000");
    EXPECT_TRUE(endpoint.alive());
    EXPECT_TRUE(LiveEndpoint{}.alive());
}

TEST(LiveEndpoint, AsksItsProbe) {
    bool alive = true;
    const LiveEndpoint endpoint{Endpoint{"127.0.0.1", 9000}, [&] { return alive; }};
    EXPECT_TRUE(endpoint.alive());
    alive = false;
    EXPECT_FALSE(endpoint.alive());
}

}  // namespace rollcall
