#include <rollcall/rpc/token_set.h>

#include "support/temporary_directory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace rollcall::rpc {
namespace {

using rollcall::tests::TemporaryDirectory;

TEST(TokenSet, SaysWhoseATokenIs) {
    const TokenSet tokens{{{"abc", "ada"}, {"abd", "bob"}}};
    EXPECT_EQ(tokens.find("abc"), Principal{"ada"});
    EXPECT_EQ(tokens.find("abd"), Principal{"bob"});
    for (const char* const other : {"", "ab", "abcd", "xbc"})
        EXPECT_EQ(tokens.find(other), std::nullopt) << other;
}

TEST(TokenSet, IsReplacedForAllCopies) {
    const TokenSet tokens{{{"abc", "ada"}}};
    const TokenSet copy = tokens;
    tokens.replace({{"new", "ada"}});
    EXPECT_EQ(copy.find("abc"), std::nullopt);
    EXPECT_EQ(copy.find("new"), Principal{"ada"});
}

TEST(TokenSet, HoldsSoManyAndNoMore) {
    const TokenSet tokens{2};
    tokens.replace({{"a", "x"}});
    tokens.replace({{"a", "x"}, {"b", "x"}});
    EXPECT_THROW(tokens.replace({{"a", "x"}, {"b", "x"}, {"c", "x"}}), std::invalid_argument);
    EXPECT_EQ(tokens.find("b"), Principal{"x"}) << "the former ones go on";
}

TEST(TokenSet, TakesWhatCanBeAToken) {
    const TokenSet tokens;
    for (const char* const wrong : {"", "a b", "a\n", "\x7f"})
        EXPECT_THROW(tokens.replace({{wrong, "x"}}), std::invalid_argument) << wrong;
    EXPECT_NO_THROW(tokens.replace({{"mF_9.B5f-4.1JqM~+/=", "x"}}));
}

TEST(TokenSet, IsReadFromAFile) {
    const TemporaryDirectory folder;
    const std::string path = folder.path() + "/tokens";
    std::ofstream{path} << "# who may call\n\nada abc   # on her laptop\r\n  bob\tdef";
    const TokenSet tokens;
    ASSERT_TRUE(tokens.read_file(path));
    EXPECT_EQ(tokens.find("abc"), Principal{"ada"});
    EXPECT_EQ(tokens.find("def"), Principal{"bob"});
}

TEST(TokenSet, NamesTheLineThatIsWrongButNoToken) {
    const TemporaryDirectory folder;
    const std::string path = folder.path() + "/tokens";
    const TokenSet tokens{{{"old", "ada"}}};
    std::ofstream{path} << "ada abc\nbob secret secret2\n";
    const auto read = tokens.read_file(path);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message().find("tokens, line 2"), std::string::npos);
    EXPECT_EQ(read.error().message().find("secret"), std::string::npos);
    EXPECT_EQ(tokens.find("old"), Principal{"ada"});
    std::ofstream{path} << "lonely\n";
    EXPECT_FALSE(tokens.read_file(path));
    EXPECT_FALSE(tokens.read_file(folder.path() + "/missing"));
}

}  // namespace
}  // namespace rollcall::rpc
