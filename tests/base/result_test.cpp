#include <rollcall/base/result.h>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace rollcall {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return Error{Errc::invalid_argument, "odd"};
    return number / 2;
}

Result<void> check(bool good) {
    if (!good) return Error{Errc::invalid_argument, "not good"};
    return {};
}

// What value() throws, "" if nothing.
template <class T>
std::string thrown_by(const Result<T>& result) {
    try {
        static_cast<void>(result.value());
    } catch (const CallError& error) {
        return error.what();
    }
    return {};
}

TEST(Result, HoldsAValueOrAnError) {
    const Result<int> good = half(4);
    ASSERT_TRUE(good);
    EXPECT_EQ(*good, 2);
    EXPECT_EQ(good.value(), 2);
    const Result<int> bad = half(3);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code(), Errc::invalid_argument);
    EXPECT_EQ(bad.value_or(7), 7);
}

TEST(Result, ValueThrowsTheWholeSentence) {
    EXPECT_EQ(thrown_by(half(4)), "");
    EXPECT_EQ(thrown_by(half(3)), "odd [invalid_argument, not sent]");
    EXPECT_THROW(static_cast<void>(half(3).value()), CallError);
    Result<int> bad = half(3);
    EXPECT_THROW(static_cast<void>(bad.value()), CallError);
}

TEST(Result, OfVoidDoesTheSame) {
    EXPECT_TRUE(check(true));
    EXPECT_NO_THROW(check(true).value());
    EXPECT_FALSE(check(false));
    EXPECT_EQ(thrown_by(check(false)), "not good [invalid_argument, not sent]");
}

TEST(Result, GivesItsValueAway) {
    Result<std::unique_ptr<int>> result{std::make_unique<int>(5)};
    const std::unique_ptr<int> taken = std::move(result).value();
    EXPECT_EQ(*taken, 5);
    Result<std::string> text{"abc"};
    text.value() += "d";
    EXPECT_EQ(*text, "abcd");
}

}  // namespace
}  // namespace rollcall
