// The token of the options: on every request, in no message.
#include <rollcall/http/client.h>

#include "http/scripted_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::ok_response;
using tests::ScriptedServer;

Client client_with(const std::string& token, const std::string& url) {
    ClientOptions options;
    options.bearer_token = token;
    return Client{Url::parse(url).value(), options};
}

TEST(ClientToken, IsSentWithEachRequestUnlessThatSpeaksForItself) {
    ScriptedServer server{tests::answering(ok_response)};  // the request is the answer's body
    ScriptedServer other{tests::answering(ok_response)};
    Client client = client_with("abcd-1234", server.url());
    for (int i = 0; i < 2; ++i) {
        const auto answer = client.request("GET", "/", {}, "", Deadline::in(10s));
        EXPECT_THAT(answer.value().body(), HasSubstr("\r\nAuthorization: Bearer abcd-1234\r\n"));
    }
    const HeaderList own{{"authorization", "Basic eA=="}};
    const auto answer = client.request("GET", "/", own, "", Deadline::in(10s));
    EXPECT_THAT(answer.value().body(), HasSubstr("Basic eA=="));
    EXPECT_THAT(answer.value().body(), Not(HasSubstr("abcd-1234")));
    Client without = client_with("", other.url());
    const auto plain = without.request("GET", "/", {}, "", Deadline::in(10s));
    EXPECT_THAT(plain.value().body(), Not(HasSubstr("uthorization")));
}

TEST(ClientToken, IsInNoMessage) {
    Client client = client_with("line\r\nbreak", "http://127.0.0.1:1");
    const auto answer = client.request("GET", "/", {}, "", Deadline::in(10s));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), Errc::invalid_argument);
    EXPECT_THAT(answer.error().message(), HasSubstr("Authorization"));
    EXPECT_THAT(answer.error().message(), Not(HasSubstr("break'")));
    EXPECT_THAT(answer.error().to_string(), Not(HasSubstr("line\\")));
    Client refused = client_with("secret-secret", "http://127.0.0.1:1");
    EXPECT_THAT(
        refused.request("GET", "/", {}, "", Deadline::in(10s)).error().to_string(),
        Not(HasSubstr("secret"))
    );
}

}  // namespace
}  // namespace rollcall::http
