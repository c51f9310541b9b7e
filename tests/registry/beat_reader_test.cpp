#include "beat_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::registry {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view text) {
    const auto beats = beats_from_json(text);
    return beats ? "none" : beats.error().message();
}

TEST(BeatReader, ReadsNamesInLowerCase) {
    const auto beats = beats_from_json(
        R"({"instances":[{"service":"Calc","id":"A","incarnation":"x"},{"id":"B","service":"d"}]})"
    );
    ASSERT_TRUE(beats);
    ASSERT_EQ(beats->size(), 2u);
    EXPECT_EQ(beats->at(0).service, "calc");
    EXPECT_EQ(beats->at(0).id, "A");
    EXPECT_EQ(beats->at(0).incarnation, "x");
    EXPECT_EQ(beats->at(1).id, "B");
    EXPECT_EQ(beats->at(1).incarnation, "");
}

TEST(BeatReader, AnEmptyListIsNoError) {
    const auto beats = beats_from_json(R"({"instances":[]})");
    ASSERT_TRUE(beats);
    EXPECT_TRUE(beats->empty());
}

TEST(BeatReader, IgnoresWhatItDoesNotKnow) {
    const auto beats = beats_from_json(
        R"({"from":{"instances":[1],"id":2},"instances":[{"a":[{"id":3}],"id":"i","b":null,)"
        R"("service":"s","c":{"service":4}}],"then":[[],{}]})"
    );
    ASSERT_TRUE(beats) << beats.error().message();
    ASSERT_EQ(beats->size(), 1u);
    EXPECT_EQ(beats->at(0).service, "s");
    EXPECT_EQ(beats->at(0).id, "i");
}

TEST(BeatReader, OfAListGivenTwiceTheLastCounts) {
    const auto beats = beats_from_json(
        R"({"instances":[{"service":"s","id":"1"}],"instances":[{"service":"s","id":"2"}]})"
    );
    ASSERT_TRUE(beats);
    ASSERT_EQ(beats->size(), 1u);
    EXPECT_EQ(beats->at(0).id, "2");
}

TEST(BeatReader, SaysWhatIsWrongAndWhere) {
    for (const char* const body : {"", "[]", "1", "null", "\"x\"", "{", R"({"instances":[)", "{}x"})
        EXPECT_THAT(error_of(body), HasSubstr("a JSON object {\"instances\"")) << body;
    for (const char* const body : {"{}", R"({"instances":{}})", R"({"instances":1})"})
        EXPECT_THAT(error_of(body), HasSubstr("an array 'instances'")) << body;
    EXPECT_THAT(error_of(R"({"instances":[1]})"), HasSubstr("instances[0] must be an object"));
    EXPECT_THAT(error_of(R"({"instances":[[]]})"), HasSubstr("instances[0] must be an object"));
    EXPECT_THAT(error_of(R"({"instances":["a"]})"), HasSubstr("instances[0] must be an object"));
    const std::string good = R"({"instances":[{"service":"s","id":"i"},)";
    EXPECT_THAT(error_of(good + R"({"id":"i"}]})"), HasSubstr("instances[1]: service"));
    EXPECT_THAT(error_of(good + R"({"service":"s"}]})"), HasSubstr("instances[1].id is missing"));
    for (const char* const value : {"1", "-1", "1.5", "true", "null", "[]", "{}"}) {
        EXPECT_THAT(
            error_of(good + R"({"service":"s","id":)" + value + "}]}"),
            HasSubstr("instances[1].id must be a string")
        ) << value;
    }
}

TEST(BeatReader, NestingDoesNotCostItsStack) {
    const std::string deep = R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') +
                             R"(,"instances":[{"service":"s","id":"i"}]})";
    const auto beats = beats_from_json(deep);
    ASSERT_TRUE(beats);
    EXPECT_EQ(beats->size(), 1u);
}

}  // namespace
}  // namespace rollcall::registry
