// Values come back as they were packed, numbers are checked against their type, and what does not
// fit is described.
#include <rollcall/codec/unpack.h>

#include "codec/types.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace rollcall::codec::tests {
namespace {

template <class T>
void expect_bounds_round_trip() {
    using Bounds = std::numeric_limits<T>;
    for (const T value : {Bounds::min(), T{0}, T{1}, Bounds::max()})
        expect_round_trip(value);
}

TEST(Unpack, RoundTripsEveryType) {
    expect_bounds_round_trip<char>();
    expect_bounds_round_trip<std::int8_t>();
    expect_bounds_round_trip<std::uint8_t>();
    expect_bounds_round_trip<std::int16_t>();
    expect_bounds_round_trip<std::uint16_t>();
    expect_bounds_round_trip<std::int32_t>();
    expect_bounds_round_trip<std::uint32_t>();
    expect_bounds_round_trip<std::int64_t>();
    expect_bounds_round_trip<std::uint64_t>();
    expect_bounds_round_trip<long long>();
    expect_bounds_round_trip<float>();
    expect_bounds_round_trip<double>();
    expect_round_trip(true);
    expect_round_trip(false);
    expect_round_trip(std::monostate{});
    for (const std::size_t size : {0U, 31U, 32U, 255U, 256U, 65535U, 65536U}) {
        expect_round_trip(std::string(size, 'x'));
        expect_round_trip(std::vector<char>(size, 'x'));
        expect_round_trip(std::vector<unsigned char>(size, 7));
        expect_round_trip(std::vector<std::byte>(size, std::byte{7}));
        expect_round_trip(std::vector<int>(size, -1));
        expect_round_trip(std::vector<bool>(size, true));
    }
    expect_round_trip(std::optional<std::string>{});
    expect_round_trip(std::optional<std::string>{"x"});
    expect_round_trip(std::array<double, 3>{1.5, -2.5, 0});
    expect_round_trip(std::map<int, std::string>{{-1, "a"}, {70000, ""}});
    expect_round_trip(std::unordered_map<std::string, int>{{"a", 1}, {"b", 2}});
    expect_round_trip(std::pair<int, std::string>{1, "a"});
    expect_round_trip(std::tuple<>{});
    expect_round_trip(std::tuple<int, bool, std::string>{1, true, "a"});
    expect_round_trip(Raw{from_hex("93 01 a1 78 80")});
}

TEST(Unpack, RoundTripsNestedTypes) {
    using Row = std::map<std::string, std::optional<std::tuple<int, double, std::vector<bool>>>>;
    std::vector<Row> rows(20);
    for (int i = 0; i < 20; ++i) {
        Row& row = rows[static_cast<std::size_t>(i)];
        row["none"];
        row["some"] = std::tuple{i * 1000, i / 7.0, std::vector<bool>(3, i % 2 == 0)};
        row["empty"] = std::tuple{-i, 0.0, std::vector<bool>{}};
    }
    expect_round_trip(rows);
}

TEST(Unpack, IntegersOfAnyEncodingAreCheckedAgainstTheType) {
    for (const char* hex :
         {"7f",
          "cc 7f",
          "cd 00 7f",
          "ce 00 00 00 7f",
          "cf 00 00 00 00 00 00 00 7f",
          "d0 7f",
          "d1 00 7f",
          "d2 00 00 00 7f",
          "d3 00 00 00 00 00 00 00 7f"}) {
        EXPECT_EQ(from<std::int8_t>(hex), std::int8_t{127}) << hex;
        EXPECT_EQ(from<std::uint64_t>(hex), 127U) << hex;
        EXPECT_EQ(from<double>(hex), 127.0) << hex;
    }
    EXPECT_EQ(from<std::int8_t>("cc 80"), std::nullopt);
    EXPECT_EQ(from<std::int8_t>("d1 ff 7f"), std::nullopt);
    EXPECT_EQ(from<std::int8_t>("d3 ff ff ff ff ff ff ff 80"), std::int8_t{-128});
    EXPECT_EQ(from<std::uint8_t>("cc ff"), std::uint8_t{255});
    EXPECT_EQ(from<std::uint8_t>("cd 01 00"), std::nullopt);
    EXPECT_EQ(from<std::uint8_t>("ff"), std::nullopt);
    EXPECT_EQ(from<std::uint64_t>("d0 80"), std::nullopt);
    EXPECT_EQ(from<std::int32_t>("ce 7f ff ff ff"), 0x7fffffff);
    EXPECT_EQ(from<std::int32_t>("ce 80 00 00 00"), std::nullopt);
    EXPECT_EQ(from<std::int32_t>("d3 ff ff ff ff 7f ff ff ff"), std::nullopt);
    EXPECT_EQ(from<std::int64_t>("cf 7f ff ff ff ff ff ff ff"), INT64_MAX);
    EXPECT_EQ(from<std::int64_t>("cf 80 00 00 00 00 00 00 00"), std::nullopt);
    EXPECT_EQ(from<std::uint32_t>("cf 00 00 00 01 00 00 00 00"), std::nullopt);
}

TEST(Unpack, FloatsTakeIntegersAndIntegersTakeNoFloats) {
    EXPECT_EQ(from<double>("ff"), -1.0);
    EXPECT_EQ(from<float>("cb 3f f8 00 00 00 00 00 00"), 1.5F);
    EXPECT_EQ(from<double>("ca 3f c0 00 00"), 1.5);
    EXPECT_TRUE(std::isnan(from<double>("cb 7f f8 00 00 00 00 00 00").value_or(0)));
    EXPECT_EQ(from<int>("cb 3f f0 00 00 00 00 00 00"), std::nullopt);
    EXPECT_EQ(from<bool>("01"), std::nullopt);
    EXPECT_EQ(from<int>("c3"), std::nullopt);
}

TEST(Unpack, FloatsTakeTheIntegersThatTheyCanHold) {
    EXPECT_EQ(from<double>("cf 00 20 00 00 00 00 00 00"), 9007199254740992.0);  // 2^53
    EXPECT_EQ(
        complaint<double>("cf 00 20 00 00 00 00 00 01"), "expected double, got int 9007199254740993"
    );
    EXPECT_EQ(from<double>("cf 00 20 00 00 00 00 00 02"), 9007199254740994.0);
    EXPECT_EQ(from<double>("d3 ff e0 00 00 00 00 00 00"), -9007199254740992.0);
    EXPECT_EQ(
        complaint<double>("d3 ff df ff ff ff ff ff ff"),
        "expected double, got int -9007199254740993"
    );
    EXPECT_EQ(from<double>("d3 80 00 00 00 00 00 00 00"), -0x1p63);
    EXPECT_EQ(from<double>("cf ff ff ff ff ff ff f8 00"), 0x1p64 - 2048);
    EXPECT_EQ(from<double>("cf ff ff ff ff ff ff ff ff"), std::nullopt) << "would become 2^64";
    EXPECT_EQ(from<float>("ce 01 00 00 00"), 16777216.0F);  // 2^24
    EXPECT_EQ(from<float>("ce 01 00 00 01"), std::nullopt);
    EXPECT_EQ(from<float>("cf ff ff ff ff ff ff ff ff"), std::nullopt);
    EXPECT_EQ(from<float>("cf ff ff ff 00 00 00 00 00"), 0x1p64F - 0x1p40F);
}

TEST(Unpack, FloatsTakeDoublesOfTheirRange) {
    EXPECT_EQ(from<float>("cb 47 ef ff ff e0 00 00 00"), std::numeric_limits<float>::max());
    EXPECT_EQ(from<float>("cb c7 ef ff ff e0 00 00 00"), std::numeric_limits<float>::lowest());
    EXPECT_EQ(from<float>("cb 47 f0 00 00 00 00 00 00"), std::nullopt) << "2^128";
    EXPECT_EQ(from<float>("cb 7e 37 e4 3c 88 00 75 9c"), std::nullopt) << "1e300";
    EXPECT_EQ(from<float>("cb fe 37 e4 3c 88 00 75 9c"), std::nullopt);
    EXPECT_EQ(from<float>("cb 7f f0 00 00 00 00 00 00"), std::numeric_limits<float>::infinity());
    EXPECT_TRUE(std::isnan(from<float>("cb 7f f8 00 00 00 00 00 00").value_or(0)));
    EXPECT_EQ(from<float>("cb 3f b9 99 99 99 99 99 9a"), 0.1F) << "rounding is no cutting off";
    EXPECT_EQ(from<double>("cb 7e 37 e4 3c 88 00 75 9c"), 1e300);
}

TEST(Unpack, TextAndBytesTakeEachOther) {
    EXPECT_EQ(from<std::string>("c4 02 61 62"), "ab");
    EXPECT_EQ(from<std::vector<char>>("a2 61 62"), (std::vector<char>{'a', 'b'}));
    EXPECT_EQ(from<std::string>("92 61 62"), std::nullopt);
}

TEST(Unpack, ViewsPointIntoTheMessage) {
    const std::string bytes = from_hex("94 a2 61 62 c4 01 63 92 01 02 91 a1 64");
    Reader reader{bytes};
    std::tuple<std::string_view, std::span<const char>, RawView, std::vector<std::string_view>> to;
    Mismatch why;
    ASSERT_TRUE(unpack(reader, to, why));
    EXPECT_EQ(std::get<0>(to).data(), bytes.data() + 2);
    EXPECT_EQ(std::get<0>(to), "ab");
    EXPECT_EQ(std::get<1>(to).data(), bytes.data() + 6);
    EXPECT_EQ(std::get<1>(to).size(), 1U);
    EXPECT_EQ(std::get<2>(to).bytes().data(), bytes.data() + 7);
    EXPECT_EQ(std::get<2>(to).bytes().size(), 3U);
    EXPECT_EQ(std::get<3>(to).at(0).data(), bytes.data() + 12);
}

TEST(Unpack, KnowsWhichTypesAreViews) {
    static_assert(is_view<std::string_view>);
    static_assert(is_view<const RawView&>);
    static_assert(is_view<std::span<const char>>);
    static_assert(is_view<std::vector<std::optional<std::string_view>>>);
    static_assert(is_view<std::map<std::string_view, int>>);
    static_assert(is_view<std::unordered_map<int, RawView>>);
    static_assert(is_view<std::tuple<int, std::pair<int, std::string_view>>>);
    static_assert(is_view<std::array<std::string_view, 2>>);
    static_assert(is_view<std::vector<msgpack::type::raw_ref>>);
    static_assert(is_view<const msgpack::type::ext_ref&>);
    static_assert(!is_view<std::string>);
    static_assert(!is_view<std::vector<std::map<int, std::tuple<Raw, double>>>>);
}

TEST(Unpack, SaysWhatWasExpectedAndWhatCame) {
    EXPECT_EQ(complaint<int>("c0"), "expected int, got nil");
    EXPECT_EQ(complaint<int>("a1 78"), "expected int, got string");
    EXPECT_EQ(complaint<std::int8_t>("cd 01 2c"), "expected int8, got int 300");
    EXPECT_EQ(complaint<std::uint16_t>("fb"), "expected uint16, got int -5");
    EXPECT_EQ(
        complaint<std::int64_t>("cf ff ff ff ff ff ff ff ff"),
        "expected int64, got int 18446744073709551615"
    );
    EXPECT_EQ(complaint<bool>("05"), "expected bool, got int 5");
    EXPECT_EQ(complaint<double>("c3"), "expected double, got bool true");
    EXPECT_EQ(complaint<float>("c4 00"), "expected float, got binary");
    EXPECT_EQ(complaint<std::string>("05"), "expected string, got int 5");
    EXPECT_EQ(complaint<std::string_view>("d4 01 00"), "expected string, got ext");
    EXPECT_EQ(complaint<std::vector<char>>("93 01 02 03"), "expected bytes, got array of 3");
    EXPECT_EQ(complaint<std::span<const char>>("c0"), "expected bytes, got nil");
    EXPECT_EQ(complaint<std::monostate>("c2"), "expected nil, got bool false");
    EXPECT_EQ(
        complaint<std::vector<std::string>>("81 01 02"), "expected vector<string>, got map of 1"
    );
    using Map = std::map<std::string, int>;
    EXPECT_EQ(complaint<Map>("ca 3f c0 00 00"), "expected map<string,int>, got float 1.500000");
}

TEST(Unpack, SaysItForTheElementThatDoesNotFit) {
    EXPECT_EQ(complaint<std::vector<int>>("93 01 c0 03"), "expected int, got nil");
    EXPECT_EQ(complaint<std::optional<int>>("a0"), "expected int, got string");
    EXPECT_EQ(
        (complaint<std::map<std::string, int>>("81 a1 61 c3")), "expected int, got bool true"
    );
    EXPECT_EQ((complaint<std::map<std::string, int>>("81 01 01")), "expected string, got int 1");
    EXPECT_EQ((complaint<std::pair<int, bool>>("92 01 01")), "expected bool, got int 1");
    EXPECT_EQ((complaint<std::tuple<int, bool>>("92 c0 c3")), "expected int, got nil");
    EXPECT_EQ((complaint<std::array<int, 2>>("92 01 c0")), "expected int, got nil");
}

TEST(Unpack, FixedSizesMustMatch) {
    EXPECT_EQ(
        (complaint<std::tuple<int, int>>("93 01 02 03")), "expected tuple<int,int>, got array of 3"
    );
    EXPECT_EQ((complaint<std::pair<int, int>>("91 01")), "expected tuple<int,int>, got array of 1");
    EXPECT_EQ((complaint<std::array<int, 2>>("91 01")), "expected array<int,2>, got array of 1");
    EXPECT_EQ((complaint<std::tuple<>>("91 01")), "expected tuple<>, got array of 1");
}

TEST(Unpack, TheLastOfEqualKeysCounts) {
    EXPECT_EQ((from<std::map<int, int>>("82 01 02 01 03")), (std::map<int, int>{{1, 3}}));
}

TEST(Unpack, ManyElementsArriveWhole) {
    // More than is reserved from the header's word alone.
    expect_round_trip(std::vector<std::string>(10000, "x"));
}

TEST(TypeName, ReadsLikeASignature) {
    EXPECT_EQ((signature_name<int, int, int>()), "int(int,int)");
    EXPECT_EQ((signature_name<void>()), "void()");
    EXPECT_EQ(
        (signature_name<std::vector<std::string>, const std::map<std::string, Raw>&, bool>()),
        "vector<string>(map<string,any>,bool)"
    );
    EXPECT_EQ(type_name<std::optional<std::uint8_t>>(), "optional<uint8>");
    EXPECT_EQ(type_name<std::vector<std::byte>>(), "bytes");
}

}  // namespace
}  // namespace rollcall::codec::tests
