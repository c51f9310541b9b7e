// Tokens that are kept; without anybody who is asked.

#include "token_cache.h"

#include <gtest/gtest.h>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = TimePoint{} + 1h;

TEST(TokenCache, KeepsATokenForItsTime) {
    TokenCache cache{10s, 3};
    EXPECT_FALSE(cache.find("a", kNow));
    cache.put("a", Principal{"ada"}, kNow);
    ASSERT_TRUE(cache.find("a", kNow + 9999ms));
    EXPECT_EQ(cache.find("a", kNow + 9999ms)->name, "ada");
    EXPECT_FALSE(cache.find("a", kNow + 10s));
    EXPECT_EQ(cache.size(), 0U);
}

TEST(TokenCache, AnAnswerReplacesTheFormerOne) {
    TokenCache cache{10s, 3};
    cache.put("a", Principal{"ada"}, kNow);
    cache.put("a", Principal{"grace"}, kNow + 5s);
    EXPECT_EQ(cache.size(), 1U);
    EXPECT_EQ(cache.find("a", kNow + 14s)->name, "grace");
}

TEST(TokenCache, BeyondItsLimitForgetsWhatWasUsedLeastLately) {
    TokenCache cache{10s, 3};
    for (const char* const token : {"a", "b", "c"})
        cache.put(token, Principal{token}, kNow);
    EXPECT_EQ(cache.size(), 3U);
    EXPECT_TRUE(cache.find("a", kNow));
    cache.put("d", Principal{"d"}, kNow);
    EXPECT_EQ(cache.size(), 3U);
    EXPECT_TRUE(cache.find("a", kNow));
    EXPECT_FALSE(cache.find("b", kNow));
    EXPECT_TRUE(cache.find("c", kNow));
    EXPECT_TRUE(cache.find("d", kNow));
}

}  // namespace
}  // namespace rollcall::rpc
