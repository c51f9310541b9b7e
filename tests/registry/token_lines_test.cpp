// Token files: what is a line, what is a token, and errors that never show one.
#include <rollcall/registry/token_lines.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <unistd.h>

namespace rollcall::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TokenLines, BlankLinesCommentsAndSpacesDoNotCount) {
    const auto lines =
        parse_token_lines("# tokens\r\n\n read  abc\t\r\n\talone\n#x y z\nlast!", "t");
    ASSERT_TRUE(lines.has_value()) << lines.error().message();
    ASSERT_EQ(lines->size(), 3U);
    EXPECT_EQ((*lines)[0].kind, "read");
    EXPECT_EQ((*lines)[0].token, "abc");
    EXPECT_EQ((*lines)[0].number, 3U);
    EXPECT_EQ((*lines)[1].kind, "");
    EXPECT_EQ((*lines)[1].token, "alone");
    EXPECT_EQ((*lines)[2].token, "last!");
    EXPECT_EQ((*lines)[2].number, 6U);
    EXPECT_TRUE(parse_token_lines("", "t")->empty());
}

TEST(TokenLines, ErrorsNameTheLineAndNoToken) {
    const auto many = parse_token_lines("\nread secret1 secret2\n", "the file");
    ASSERT_FALSE(many.has_value());
    EXPECT_EQ(many.error().code(), Errc::invalid_argument);
    EXPECT_THAT(many.error().message(), HasSubstr("the file, line 2: more than one word"));
    EXPECT_THAT(many.error().message(), Not(HasSubstr("secret")));
    const auto foreign = parse_token_lines("write secr\xc3\xa9t", "f");
    ASSERT_FALSE(foreign.has_value());
    EXPECT_THAT(foreign.error().message(), HasSubstr("f, line 1: the token is not"));
    EXPECT_THAT(foreign.error().message(), Not(HasSubstr("secr")));
}

TEST(TokenLines, TokensHoldAtMost255Bytes) {
    EXPECT_TRUE(parse_token_lines("read " + std::string(254, 'x'), "t").has_value());
    EXPECT_TRUE(parse_token_lines("read " + std::string(255, 'x'), "t").has_value());
    EXPECT_FALSE(parse_token_lines("read " + std::string(256, 'x'), "t").has_value());
    EXPECT_FALSE(is_token(""));
    EXPECT_TRUE(is_token("!~"));
    EXPECT_FALSE(is_token(std::string{"a\0b", 3}));
    EXPECT_FALSE(is_token("a\x7f"));
}

TEST(TokenLines, FilesHoldAtMost64KiB) {
    const std::string path = testing::TempDir() + "tokens_" + std::to_string(::getpid());
    constexpr std::size_t kMost = 64 * 1024;
    for (const std::size_t size : {kMost - 1, kMost, kMost + 1}) {
        std::ofstream{path} << std::string(size, '#');
        EXPECT_EQ(read_token_file(path).has_value(), size <= kMost) << size;
    }
    std::ofstream{path}.close();
    EXPECT_EQ(read_token_file(path).value(), "");
    std::remove(path.c_str());
    const auto missing = read_token_file(path);
    ASSERT_FALSE(missing.has_value());
    EXPECT_THAT(missing.error().message(), HasSubstr(path + "' cannot be read: No such file"));
    EXPECT_FALSE(read_token_file(testing::TempDir()).has_value());
}

}  // namespace
}  // namespace rollcall::registry
