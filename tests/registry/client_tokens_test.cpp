// The token file of clients.
#include <rollcall/registry/client_tokens.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::registry {
namespace {

using ::testing::HasSubstr;

TEST(ClientTokens, OneTokenAloneIsForBoth) {
    const ClientTokens tokens = parse_client_tokens("# mine\nabc\n", "t").value();
    EXPECT_EQ(tokens.registry, "abc");
    EXPECT_EQ(tokens.server, "abc");
}

TEST(ClientTokens, NamedTokensAreForOne) {
    const ClientTokens both = parse_client_tokens("server s-1\nregistry r-1\n", "t").value();
    EXPECT_EQ(both.registry, "r-1");
    EXPECT_EQ(both.server, "s-1");
    const ClientTokens one = parse_client_tokens("registry r-1", "t").value();
    EXPECT_EQ(one.registry, "r-1");
    EXPECT_EQ(one.server, "");
    EXPECT_EQ(read_client_tokens("").value().registry, "");
}

TEST(ClientTokens, AnythingElseIsAnErrorThatNamesTheLine) {
    const auto problem = [](const char* text) {
        return parse_client_tokens(text, "file").error().message();
    };
    EXPECT_THAT(problem(""), HasSubstr("file has no token"));
    EXPECT_THAT(problem("# nothing\n"), HasSubstr("file has no token"));
    EXPECT_THAT(problem("abc\ndef"), HasSubstr("file, line 1: must be `registry TOKEN`"));
    EXPECT_THAT(problem("registry abc\ndef"), HasSubstr("file, line 2: must be `registry TOKEN`"));
    EXPECT_THAT(problem("write abc"), HasSubstr("file, line 1: must be"));
    EXPECT_THAT(problem("server a\nserver b"), HasSubstr("line 2: there is a `server` already"));
    EXPECT_THAT(
        read_client_tokens("/nowhere").error().message(), HasSubstr("'/nowhere' cannot be")
    );
}

}  // namespace
}  // namespace rollcall::registry
