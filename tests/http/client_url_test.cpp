#include <rollcall/http/url.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::http {
namespace {

using ::testing::HasSubstr;

TEST(Url, SplitsHostPortPathAndQuery) {
    const Url url = Url::parse("http://name.example:7070/base/path/?a=b%20c&d").value();
    EXPECT_EQ(url.endpoint(), (Endpoint{"name.example", 7070}));
    EXPECT_EQ(url.path(), "/base/path");
    EXPECT_EQ(url.parameter("a"), "b c");
    EXPECT_EQ(url.parameter("d"), "");
    EXPECT_EQ(url.parameter("e"), std::nullopt);
    EXPECT_EQ(url.to_string(), "http://name.example:7070/base/path");
}

TEST(Url, TakesIpv6InBracketsAndPort80ByDefault) {
    EXPECT_EQ(Url::parse("http://[::1]:7070").value().endpoint(), (Endpoint{"::1", 7070}));
    EXPECT_EQ(Url::parse("http://[::1]").value().endpoint(), (Endpoint{"::1", 80}));
    EXPECT_EQ(Url::parse("http://registry/").value().endpoint(), (Endpoint{"registry", 80}));
    EXPECT_EQ(Url::parse("http://registry/").value().path(), "");
    EXPECT_EQ(Url::parse("http://registry?x=1#f").value().parameter("x"), "1");
}

TEST(Url, HttpsIsEncryptedAndAtPort443ByDefault) {
    const Url url = Url::parse("https://name.example/base/").value();
    EXPECT_TRUE(url.is_encrypted());
    EXPECT_EQ(url.endpoint(), (Endpoint{"name.example", 443}));
    EXPECT_EQ(url.to_string(), "https://name.example:443/base");
    EXPECT_EQ(url.with_path("/c").origin(), "https://name.example:443");
    EXPECT_FALSE(Url::parse("http://h").value().is_encrypted());
}

TEST(Url, PasswordIsInNoMessage) {
    const auto url = Url::parse("https://user:secret@h:80");
    ASSERT_FALSE(url.has_value());
    EXPECT_EQ(url.error().message().find("secret"), std::string::npos);
}

TEST(Url, PathCanBeReplaced) {
    const Url url = Url::parse("http://h:1?a=b").value();
    EXPECT_EQ(url.with_path("/c").to_string(), "http://h:1/c");
    EXPECT_EQ(url.with_path("/c").parameter("a"), "b");
}

struct BadUrl {
    const char* text;
    const char* why;
};

class BadUrls : public ::testing::TestWithParam<BadUrl> {};

TEST_P(BadUrls, AreRefusedWithTheReason) {
    const auto url = Url::parse(GetParam().text);
    ASSERT_FALSE(url.has_value());
    EXPECT_EQ(url.error().code(), Errc::invalid_argument);
    EXPECT_THAT(url.error().message(), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    BadUrls,
    ::testing::Values(
        BadUrl{"ftp://h:1", "http:// or https://"},
        BadUrl{"h:7070", "must start with http://"},
        BadUrl{"", "must start with http://"},
        BadUrl{"http://", "there is no host"},
        BadUrl{"http://:80", "there is no host"},
        BadUrl{"http://h:99999", "the port must be a number"},
        BadUrl{"http://h:0", "port 0"},
        BadUrl{"http://::1:80", "brackets"},
        BadUrl{"http://user:secret@h:80", "user name"},
        BadUrl{"http://h:80/a b", "blank"},
        BadUrl{"http://h:80/a\nb", "control character"}
    )
);

TEST(Url, HoldsAtMost8192Bytes) {
    const std::string start = "http://h/";
    EXPECT_TRUE(Url::parse(start + std::string(8191 - start.size(), 'a')).has_value());
    EXPECT_TRUE(Url::parse(start + std::string(8192 - start.size(), 'a')).has_value());
    EXPECT_FALSE(Url::parse(start + std::string(8193 - start.size(), 'a')).has_value());
}

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
    EXPECT_EQ(percent_encode("aZ0-._~"), "aZ0-._~");
    EXPECT_EQ(percent_encode("[::1]:9000/x y\n\xff"), "%5B%3A%3A1%5D%3A9000%2Fx%20y%0A%FF");
}

}  // namespace
}  // namespace rollcall::http
