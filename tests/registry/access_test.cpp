// Who may read and who may write, request by request.
#include "access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kBoth = "read look-only-1\nwrite may-change-1\nwrite may-change-2\n";
constexpr const char* kWriteOnly = "write may-change-1\n";

http::Request request(std::string method, std::vector<std::string> path) {
    http::Request made;
    made.method = std::move(method);
    made.path = std::move(path);
    return made;
}

http::Request showing(http::Request made, const std::string& authorization) {
    made.headers.emplace_back("authorization", authorization);
    return made;
}

// 0 if it may be served.
int status_of(const char* file, const http::Request& asked) {
    const auto refusal = Access::parse(file, "tokens").value().refuse(asked);
    return refusal ? refusal->status : 0;
}

const std::vector<http::Request>& reads() {
    static const std::vector<http::Request> kAll{
        request("GET", {"v1", "services"}),
        request("GET", {"v1", "services", "a", "instances", "b"}),
        request("GET", {"v1", "status"}),
        request("GET", {"v1", "events"}),
        request("GET", {"v1", "prometheus"}),
        request("GET", {"metrics"}),
        request("GET", {"myRPC", "registry"}),
        request("GET", {"eureka", "apps"}),
        request("GET", {"nothing", "here"}),
        request("GET", {"healthz", "more"}),
        request("POST", {"v1", "watch"}),
        request("OPTIONS", {"v1", "services"}),
    };
    return kAll;
}

const std::vector<http::Request>& writes() {
    static const std::vector<http::Request> kAll{
        request("PUT", {"v1", "services", "a", "instances", "b"}),
        request("PUT", {"v1", "services", "a", "instances", "b", "heartbeat"}),
        request("PATCH", {"v1", "services", "a", "instances", "b"}),
        request("DELETE", {"v1", "services", "a", "instances", "b"}),
        request("DELETE", {"v1", "services", "a", "hold"}),
        request("POST", {"v1", "heartbeat"}),
        request("POST", {"v1", "watch", "more"}),
        request("PUT", {"v1", "watch"}),
        request("POST", {"myRPC", "registry"}),
        request("DELETE", {"myRPC", "registry"}),
        request("POST", {"eureka", "apps", "A"}),
        request("PUT", {"eureka", "apps", "A", "b"}),
        request("DELETE", {"eureka", "v2", "apps", "A", "b"}),
        request("POST", {"healthz"}),
        request("POST", {}),
        request("BREW", {"v1", "services"}),
    };
    return kAll;
}

std::string name_of(const http::Request& asked) {
    std::string name = asked.method;
    for (const std::string& segment : asked.path)
        name += " " + segment;
    return name;
}

TEST(Access, WithoutAFileEverythingIsOpen) {
    const Access open = Access::load("").value();
    for (const auto& all : {reads(), writes()}) {
        for (const auto& asked : all)
            EXPECT_FALSE(open.refuse(asked).has_value()) << name_of(asked);
    }
}

TEST(Access, ReadsNeedAnyToken) {
    for (const auto& asked : reads()) {
        EXPECT_EQ(status_of(kBoth, asked), 401) << name_of(asked);
        EXPECT_EQ(status_of(kBoth, showing(asked, "Bearer nobody-knows")), 401) << name_of(asked);
        EXPECT_EQ(status_of(kBoth, showing(asked, "Bearer look-only-1")), 0) << name_of(asked);
        EXPECT_EQ(status_of(kBoth, showing(asked, "Bearer may-change-2")), 0) << name_of(asked);
    }
}

TEST(Access, WritesNeedAWriteToken) {
    for (const auto& asked : writes()) {
        EXPECT_EQ(status_of(kBoth, asked), 401) << name_of(asked);
        EXPECT_EQ(status_of(kBoth, showing(asked, "Bearer nobody-knows")), 401) << name_of(asked);
        EXPECT_EQ(status_of(kBoth, showing(asked, "Bearer look-only-1")), 403) << name_of(asked);
        EXPECT_EQ(status_of(kBoth, showing(asked, "Bearer may-change-1")), 0) << name_of(asked);
        EXPECT_EQ(status_of(kBoth, showing(asked, "Bearer may-change-2")), 0) << name_of(asked);
    }
}

TEST(Access, WithoutAReadTokenReadingIsOpenToAll) {
    for (const auto& asked : reads()) {
        EXPECT_EQ(status_of(kWriteOnly, asked), 0) << name_of(asked);
        EXPECT_EQ(status_of(kWriteOnly, showing(asked, "Bearer nobody-knows")), 0);
    }
    for (const auto& asked : writes())
        EXPECT_EQ(status_of(kWriteOnly, asked), 401) << name_of(asked);
}

TEST(Access, HealthAndThePageAreAlwaysOpen) {
    EXPECT_EQ(status_of(kBoth, request("GET", {"healthz"})), 0);
    EXPECT_EQ(status_of(kBoth, request("GET", {})), 0);
}

TEST(Access, PasswordsOfBasicAreTokens) {
    const auto asked = request("PUT", {"eureka", "apps", "A", "b"});
    // "any:may-change-1", ":may-change-1", "any:look-only-1", "any:with:colon", "no colon"
    EXPECT_EQ(status_of(kBoth, showing(asked, "Basic YW55Om1heS1jaGFuZ2UtMQ==")), 0);
    EXPECT_EQ(status_of(kBoth, showing(asked, "basic   Om1heS1jaGFuZ2UtMQ")), 0);
    EXPECT_EQ(status_of(kBoth, showing(asked, "Basic YW55Omxvb2stb25seS0x")), 403);
    EXPECT_EQ(status_of("write with:colon", showing(asked, "Basic YW55OndpdGg6Y29sb24=")), 0);
    for (const char* broken :
         {"Basic", "Basic ", "Basic bm8gY29sb24=", "Basic YW55!", "Basic ====", "Basic \x80\xff"}) {
        EXPECT_EQ(status_of(kBoth, showing(asked, broken)), 401) << broken;
    }
}

TEST(Access, OnlyTheWholeTokenCounts) {
    const auto asked = request("GET", {"metrics"});
    for (const char* shown :
         {"",
          "Bearer",
          "Bearer ",
          "look-only-1",
          "Token look-only-1",
          "Bearer look-only-",
          "Bearer look-only-11",
          "Bearer look-only-1look-only-1",
          "Bearer LOOK-ONLY-1",
          "Bearer look-only-1 x"}) {
        EXPECT_EQ(status_of(kBoth, showing(asked, shown)), 401) << shown;
    }
    EXPECT_EQ(status_of(kBoth, showing(asked, "BEARER  look-only-1")), 0);
}

TEST(Access, RefusalsSayWhatToDo) {
    const Access access = Access::parse(kBoth, "tokens").value();
    const auto write = request("PUT", {"x"});
    const auto none = access.refuse(write);
    ASSERT_TRUE(none.has_value());
    EXPECT_THAT(*none->body, HasSubstr(R"("error":"unauthorized")"));
    EXPECT_THAT(*none->body, HasSubstr("asks for a token; send `Authorization: Bearer TOKEN`"));
    ASSERT_EQ(none->headers.size(), 1U);
    EXPECT_EQ(
        none->headers[0], (std::pair<std::string, std::string>{"WWW-Authenticate", "Bearer"})
    );
    const auto wrong = access.refuse(showing(write, "Bearer made-up-token"));
    EXPECT_THAT(*wrong->body, HasSubstr("does not know the token that was sent"));
    EXPECT_THAT(*wrong->body, Not(HasSubstr("made-up")));
    const auto reader = access.refuse(showing(write, "Bearer look-only-1"));
    EXPECT_EQ(reader->status, 403);
    EXPECT_THAT(*reader->body, HasSubstr(R"("error":"forbidden")"));
    EXPECT_THAT(*reader->body, HasSubstr("use a write token"));
    EXPECT_THAT(
        *access.refuse(request("GET", {"x"}))->body, HasSubstr("with a read or write token")
    );
}

TEST(Access, FilesAreCheckedLineByLine) {
    const auto problem = [](const std::string& text) {
        const auto access = Access::parse(text, "tokens");
        return access ? std::string{} : access.error().message();
    };
    EXPECT_EQ(problem("# both\n\nread 12345678\nwrite abcdefgh\n"), "");
    EXPECT_THAT(problem("write 1234567"), HasSubstr("tokens, line 1: the token is shorter than 8"));
    EXPECT_EQ(problem("write " + std::string(255, 'x')), "");
    EXPECT_THAT(problem("write " + std::string(256, 'x')), HasSubstr("tokens, line 1"));
    EXPECT_THAT(problem("write abcdefgh\nadmin abcdefgh"), HasSubstr("tokens, line 2: must be"));
    EXPECT_THAT(problem("abcdefgh-alone"), HasSubstr("tokens, line 1: must be `read TOKEN` or"));
    EXPECT_THAT(problem("read abcdefgh"), HasSubstr("no line `write TOKEN`"));
    EXPECT_THAT(problem(""), HasSubstr("no line `write TOKEN`"));
    EXPECT_FALSE(Access::load("/nowhere/tokens").has_value());
}

TEST(Access, OpenToTheNetworkIsAWarning) {
    RegistryServerOptions options;
    for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) {
        options.listen = Endpoint{host, 7070};
        EXPECT_FALSE(exposure_of(options).has_value()) << host;
    }
    for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "registry.example"}) {
        options.listen = Endpoint{host, 7070};
        EXPECT_THAT(exposure_of(options).value_or(""), HasSubstr("give a token file")) << host;
    }
    RegistryServerOptions tokens = options;
    tokens.token_file = "tokens";
    EXPECT_FALSE(exposure_of(tokens).has_value());
    options.tls.client_ca_file = "ca.pem";
    EXPECT_FALSE(exposure_of(options).has_value());
}

}  // namespace
}  // namespace rollcall::registry
