// Which words are options, names or JSON is decided before any parser can spoil them.
#include "words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::cli {
namespace {

using Texts = std::vector<std::string>;

Words sort(const Texts& words) {
    return sort_words(words, [](std::string_view option) { return option == "--registry"; });
}

TEST(Words, KeepsEveryJsonTextAsItIs) {
    const Words words =
        sort({"call", "x", "m", "[1,2]", "[]", "\"a,b\"", "[\"a, b\"]", "{}", "-5"});
    EXPECT_TRUE(words.options.empty());
    EXPECT_EQ(
        words.positionals,
        (Texts{"call", "x", "m", "[1,2]", "[]", "\"a,b\"", "[\"a, b\"]", "{}", "-5"})
    );
}

TEST(Words, FindsOptionsAnywhere) {
    const Words words =
        sort({"--registry", "URL", "call", "--json", "x", "m", "1", "--registry=U"});
    EXPECT_EQ(words.options, (Texts{"--registry", "URL", "--json", "--registry=U"}));
    EXPECT_EQ(words.positionals, (Texts{"call", "x", "m", "1"}));
}

TEST(Words, TakesEverythingAfterTwoDashesAsItIs) {
    const Words words = sort({"call", "--", "x", "--json", "--"});
    EXPECT_TRUE(words.options.empty());
    EXPECT_EQ(words.positionals, (Texts{"call", "x", "--json", "--"}));
}

TEST(Words, LeavesAMissingValueToTheParser) {
    EXPECT_EQ(sort({"call", "--registry"}).options, (Texts{"--registry"}));
}

TEST(Words, DoesNotTakeASingleDashOrAnEmptyWordForAnOption) {
    EXPECT_EQ(sort({"-", ""}).positionals, (Texts{"-", ""}));
}

}  // namespace
}  // namespace rollcall::cli
