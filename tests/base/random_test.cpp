#include <rollcall/base/random.h>

#include <gtest/gtest.h>

#include <set>

namespace rollcall {
namespace {

TEST(Random, StaysInItsRange) {
    EXPECT_EQ(random_below(0), 0U);
    EXPECT_EQ(random_below(1), 0U);
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t number = random_below(3);
        EXPECT_LT(number, 3U);
        drawn.insert(number);
        const double unit = random_unit();
        EXPECT_GE(unit, 0.0);
        EXPECT_LT(unit, 1.0);
    }
    EXPECT_EQ(drawn.size(), 3U);
}

TEST(Random, NoncesAre16DigitsAndDiffer) {
    std::set<std::string> nonces;
    for (int i = 0; i < 100; ++i) {
        const std::string nonce = random_nonce();
        EXPECT_EQ(nonce.size(), 16U);
        EXPECT_EQ(nonce.find_first_not_of("0123456789abcdef"), std::string::npos);
        nonces.insert(nonce);
    }
    EXPECT_EQ(nonces.size(), 100U);
}

}  // namespace
}  // namespace rollcall
