#include <rollcall/codec/arguments.h>

#include "codec/hex.h"

#include <gtest/gtest.h>

namespace rollcall::codec::tests {
namespace {

template <class... Args>
std::string complaint(std::string_view method, const char* hex) {
    const std::string params = from_hex(hex);
    std::tuple<Args...> to;
    return unpack_arguments(method, params, to).value_or("fits");
}

TEST(Arguments, ComeBackAsTheyWerePacked) {
    Buffer params;
    pack_arguments(params, 1, "two", 3.5, std::vector<int>{4});
    std::tuple<int, std::string, double, std::vector<int>> to;
    ASSERT_EQ(unpack_arguments("m", params.view(), to), std::nullopt);
    EXPECT_EQ(to, (std::tuple{1, std::string{"two"}, 3.5, std::vector<int>{4}}));
}

TEST(Arguments, MayBeNone) {
    Buffer params;
    pack_arguments(params);
    EXPECT_EQ(to_hex(params.view()), "90");
    EXPECT_EQ(complaint<>("m", "90"), "fits");
}

TEST(Arguments, AreCounted) {
    EXPECT_EQ((complaint<int, int>("add", "91 01")), "'add' takes 2 arguments, got 1");
    EXPECT_EQ((complaint<int, int>("add", "93 01 02 03")), "'add' takes 2 arguments, got 3");
    EXPECT_EQ(complaint<int>("one", "90"), "'one' takes 1 argument, got 0");
    EXPECT_EQ(complaint<>("none", "91 01"), "'none' takes 0 arguments, got 1");
}

TEST(Arguments, AreNamedByIndexWhenTheyDoNotFit) {
    EXPECT_EQ(
        (complaint<int, int>("add", "92 a1 78 02")), "argument 1 of 'add': expected int, got string"
    );
    EXPECT_EQ(
        (complaint<int, int>("add", "92 01 c0")), "argument 2 of 'add': expected int, got nil"
    );
    EXPECT_EQ(
        (complaint<int, std::vector<bool>>("m", "92 01 92 c3 05")),
        "argument 2 of 'm': expected bool, got int 5"
    );
}

TEST(Arguments, NeverPutAMethodNameIntoTextUnescaped) {
    EXPECT_EQ(complaint<>("a\x1b[2J", "91 01"), "'a\\x1b[2J' takes 0 arguments, got 1");
    EXPECT_EQ(complaint<int>("\n", "91 c0"), "argument 1 of '\\x0a': expected int, got nil");
}

}  // namespace
}  // namespace rollcall::codec::tests
