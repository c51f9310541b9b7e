// JSON to MessagePack and back, and what JSON has no words for.
#include "json_value.h"

#include <rollcall/codec/raw.h>

#include <gtest/gtest.h>

#include <string>

namespace rollcall::json {
namespace {

std::string through_the_wire(std::string_view text) {
    const auto json = parse_json(text);
    if (!json) return json.error().message();
    const std::string packed = pack_params({*json});
    EXPECT_TRUE(codec::is_one_value(packed));
    return write_json(from_message_pack(packed)[0]);
}

std::string shown(std::string bytes) {
    EXPECT_TRUE(codec::is_one_value(bytes));
    return write_json(from_message_pack(bytes));
}

TEST(JsonValue, ComesBackAsItWent) {
    for (const std::string text :
         {"null",
          "true",
          "false",
          "0",
          "-1",
          "-5",
          "127",
          "128",
          "-32769",
          "4294967296",
          "18446744073709551615",
          "-9223372036854775808",
          "1.5",
          "-0.25",
          "\"\"",
          "\"a,b\"",
          "[]",
          "[1,2]",
          "[\"a, b\"]",
          "{}",
          "{\"b\":1,\"a\":[null,{\"c\":[]}]}",
          "\"ä€\""}) {
        EXPECT_EQ(through_the_wire(text), text);
    }
}

TEST(JsonValue, SaysWhereTheSyntaxIsWrong) {
    for (const std::string text : {"", "[1,", "hello", "{'a':1}", "1 2", "\"\x01\"", "\"\xff\""}) {
        const auto json = parse_json(text);
        ASSERT_FALSE(json) << text;
        EXPECT_NE(json.error().message().find("line 1, column"), std::string::npos)
            << json.error().message();
    }
}

TEST(JsonValue, LimitsTheDepth) {
    const auto nested = [](int depth) {
        return std::string(static_cast<std::size_t>(depth), '[') +
               std::string(static_cast<std::size_t>(depth), ']');
    };
    EXPECT_TRUE(parse_json(nested(kMaxJsonDepth - 1)));
    EXPECT_TRUE(parse_json(nested(kMaxJsonDepth)));
    EXPECT_FALSE(parse_json(nested(kMaxJsonDepth + 1)));
    EXPECT_FALSE(parse_json(nested(30000)));
}

TEST(JsonValue, RefusesNumbersThatNoMachineHolds) {
    EXPECT_FALSE(parse_json("1e999"));
}

TEST(JsonValue, ShowsBinaryExtAndStrangeFloats) {
    EXPECT_EQ(shown({"\xc4\x02\x00\xff", 4}), R"({"$binary":"00ff"})");
    EXPECT_EQ(shown({"\xd4\xff\x2a", 3}), R"({"$ext":[-1,"2a"]})");
    EXPECT_EQ(shown({"\xc7\x03\x05\x01\x02\x03", 6}), R"({"$ext":[5,"010203"]})");
    EXPECT_EQ(shown({"\xca\x7f\xc0\x00\x00", 5}), R"({"$float":"NaN"})");
    EXPECT_EQ(shown({"\xca\xff\x80\x00\x00", 5}), R"({"$float":"-Infinity"})");
}

TEST(JsonValue, ShowsKeysThatAreNoText) {
    EXPECT_EQ(shown({"\x82\x01\x02\xc0\xa1x", 6}), R"({"1":2,"null":"x"})");
}

TEST(JsonValue, RepairsTextThatIsNotUtf8) {
    EXPECT_EQ(shown({"\xa1\xff", 2}), "\"\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace rollcall::json
