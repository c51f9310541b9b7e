// The rules of https://www.w3.org/TR/trace-context/.

#include "trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::rpc {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpan = "00f067aa0ba902b7";

bool is_valid(const std::string& text) {
    return read_trace_parent(text).has_value();
}

std::string written(bool sampled) {
    const auto text = write_trace_parent(kTrace, kSpan, sampled);
    return {text.data(), text.size()};
}

TEST(TraceParentText, IsReadAndWritten) {
    const std::string text = "00-" + kTrace + "-" + kSpan + "-01";
    const auto parent = read_trace_parent(text);
    ASSERT_TRUE(parent);
    EXPECT_EQ(parent->trace_id, kTrace);
    EXPECT_EQ(parent->parent_id, kSpan);
    EXPECT_TRUE(parent->sampled);
    EXPECT_EQ(written(true), text);
    EXPECT_EQ(written(false), "00-" + kTrace + "-" + kSpan + "-00");
}

TEST(TraceParentText, OfItsFlagsTheLastBitCounts) {
    for (const auto& [flags, sampled] :
         {std::pair{"00", false},
          {"01", true},
          {"02", false},
          {"03", true},
          {"fe", false},
          {"ff", true},
          {"0a", false},
          {"0b", true}}) {
        const std::string text = "00-" + kTrace + "-" + kSpan + "-" + flags;
        const auto parent = read_trace_parent(text);
        ASSERT_TRUE(parent) << flags;
        EXPECT_EQ(parent->sampled, sampled) << flags;
    }
}

TEST(TraceParentText, WithMistakesIsNone) {
    const std::string rest = kTrace + "-" + kSpan + "-01";
    EXPECT_TRUE(is_valid("00-" + rest));
    EXPECT_FALSE(is_valid(""));
    EXPECT_FALSE(is_valid("00-" + rest.substr(1)));
    EXPECT_FALSE(is_valid("00-" + rest + "-")) << "version 00 ends here";
    EXPECT_FALSE(is_valid("00-" + rest + "-what"));
    EXPECT_FALSE(is_valid("ff-" + rest));
    EXPECT_FALSE(is_valid("0G-" + rest));
    EXPECT_FALSE(is_valid("00_" + rest));
    EXPECT_FALSE(is_valid("00-" + std::string(32, '0') + "-" + kSpan + "-01"));
    EXPECT_FALSE(is_valid("00-" + kTrace + "-" + std::string(16, '0') + "-01"));
    EXPECT_FALSE(is_valid("00-4BF92F3577B34DA6A3CE929D0E0E4736-" + kSpan + "-01"));
    EXPECT_FALSE(is_valid("00-" + kTrace + "-" + kSpan + "-0x"));
    EXPECT_FALSE(is_valid(" 00-" + rest));
}

TEST(TraceParentText, OfALaterVersionIsReadAsFarAsItIsKnown) {
    const std::string rest = kTrace + "-" + kSpan + "-01";
    EXPECT_TRUE(is_valid("cc-" + rest));
    EXPECT_TRUE(is_valid("cc-" + rest + "-what-the-future-will-be-like"));
    EXPECT_FALSE(is_valid("cc-" + rest + ".what"));
}

TEST(TraceStateText, IsKeptWithoutBlanks) {
    EXPECT_EQ(read_trace_state("a=1"), "a=1");
    EXPECT_EQ(read_trace_state(" a=1 ,\tb@c=2,,x/y*z-_=a b "), "a=1,b@c=2,x/y*z-_=a b");
    EXPECT_EQ(read_trace_state(""), "");
}

TEST(TraceStateText, WithMistakesIsNone) {
    for (const char* const wrong :
         {"a", "=1", "a=", "A=1", "a=1,a=2", "a=1=2", "a=\x01", "a b=1", "_a=1"}) {
        EXPECT_EQ(read_trace_state(wrong), std::nullopt) << wrong;
    }
    EXPECT_TRUE(read_trace_state(std::string(256, 'k') + "=" + std::string(200, 'v')));
    EXPECT_FALSE(read_trace_state(std::string(257, 'k') + "=v"));
    EXPECT_FALSE(read_trace_state("k=" + std::string(257, 'v')));
}

std::string members(int count, const std::string& value) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += (i == 0 ? "k" : ",k") + std::to_string(i) + "=" + value;
    return text;
}

TEST(TraceStateText, Has32Members) {
    EXPECT_EQ(read_trace_state(members(31, "v")), members(31, "v"));
    EXPECT_EQ(read_trace_state(members(32, "v")), members(32, "v"));
    EXPECT_EQ(read_trace_state(members(33, "v")), std::nullopt);
}

TEST(TraceStateText, Has512Characters) {
    // Four members of 128 with their commas are 515.
    const std::string member = "=" + std::string(126, 'v');
    const std::string three = "a" + member + ",b" + member + ",c" + member;
    const std::string exact = three + ",d=" + std::string(512 - three.size() - 3, 'v');
    ASSERT_EQ(exact.size(), 512U);
    EXPECT_EQ(read_trace_state(exact), exact);
    EXPECT_EQ(read_trace_state(exact + "v"), three) << "the last goes";
    const std::string large = "l=" + std::string(127, 'v');
    EXPECT_EQ(read_trace_state(large + "," + three + ",d=1"), three + ",d=1")
        << "the large one goes first";
}

}  // namespace
}  // namespace rollcall::rpc
