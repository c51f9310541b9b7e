// Enums, durations, paths, variants, sets, lists and views of bytes.
#include <rollcall/codec/unpack.h>

#include "codec/types.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <list>
#include <set>
#include <span>
#include <unordered_set>
#include <variant>

namespace paint {

enum class Colour : std::uint8_t { red = 1, green = 2, blue = 255 };
enum class Depth : std::int16_t { low = -32768, high = 32767 };

enum Old : int { first, second };
enum class Flag : bool { off, on };

// Says which of its numbers are its values.
enum class Finish { matt, glossy };

constexpr bool rollcall_valid(Finish finish) {
    return finish == Finish::matt || finish == Finish::glossy;
}

struct Tin {
    Colour colour = Colour::red;
    std::variant<int, std::string> label;

    friend bool operator==(const Tin&, const Tin&) = default;
};

}  // namespace paint

namespace rollcall::codec::tests {
namespace {

using namespace std::chrono_literals;

TEST(Enums, AreTheirNumbers) {
    EXPECT_EQ(to_hex(packed(paint::Colour::blue)), "cc ff");
    EXPECT_EQ(to_hex(packed(paint::Depth::low)), "d1 80 00");
    EXPECT_EQ(to_hex(packed(paint::Flag::on)), "c3");
    expect_round_trip(paint::Colour::blue);
    expect_round_trip(paint::Depth::low);
    expect_round_trip(paint::Depth::high);
    expect_round_trip(paint::second);
    expect_round_trip(paint::Flag::off);
    expect_round_trip(std::map<paint::Colour, paint::Tin>{{paint::Colour::green, {}}});
}

TEST(Enums, AreCheckedAgainstTheirNumbersRange) {
    EXPECT_EQ(from<paint::Colour>("cc ff"), paint::Colour::blue);
    EXPECT_EQ(complaint<paint::Colour>("cd 01 00"), "expected Colour, got int 256");
    EXPECT_EQ(complaint<paint::Colour>("ff"), "expected Colour, got int -1");
    EXPECT_EQ(complaint<paint::Depth>("cd 80 00"), "expected Depth, got int 32768");
    EXPECT_EQ(complaint<paint::Depth>("a3 6c 6f 77"), "expected Depth, got string");
    EXPECT_EQ(complaint<paint::Flag>("01"), "expected Flag, got int 1");
    // A number without a name is let through: the peer may be newer.
    EXPECT_EQ(from<paint::Colour>("07"), static_cast<paint::Colour>(7));
}

TEST(Enums, MaySayWhichNumbersAreTheirs) {
    EXPECT_EQ(from<paint::Finish>("01"), paint::Finish::glossy);
    EXPECT_EQ(complaint<paint::Finish>("02"), "expected Finish, got int 2");
    EXPECT_EQ(complaint<paint::Finish>("ff"), "expected Finish, got int -1");
}

TEST(Durations, AreTicksOfTheirUnit) {
    EXPECT_EQ(to_hex(packed(250ms)), "cc fa");
    EXPECT_EQ(to_hex(packed(-1s)), "ff");
    EXPECT_EQ(to_hex(packed(std::chrono::duration<double>{0.5})), "cb 3f e0 00 00 00 00 00 00");
    expect_round_trip(std::chrono::nanoseconds::min());
    expect_round_trip(std::chrono::nanoseconds::max());
    expect_round_trip(std::chrono::duration<float, std::milli>{1.5F});
    EXPECT_EQ(from<std::chrono::milliseconds>("cc fa"), 250ms);
}

TEST(Durations, AreCheckedAgainstTheirTicks) {
    using Short = std::chrono::duration<std::int8_t, std::milli>;
    EXPECT_EQ(from<Short>("7f"), Short{127});
    EXPECT_EQ(complaint<Short>("cc 80"), "expected milliseconds, got int 128");
    EXPECT_EQ(complaint<std::chrono::seconds>("a1 31"), "expected seconds, got string");
    EXPECT_EQ(
        complaint<std::chrono::seconds>("cb 3f f8 00 00 00 00 00 00"),
        "expected seconds, got float 1.500000"
    );
}

TEST(Paths, AreTextOfTheGenericForm) {
    EXPECT_EQ(to_hex(packed(std::filesystem::path{"a/b"})), "a3 61 2f 62");
    expect_round_trip(std::filesystem::path{"/srv/data/file.txt"});
    expect_round_trip(std::filesystem::path{});
    EXPECT_EQ(complaint<std::filesystem::path>("05"), "expected path, got int 5");
    EXPECT_EQ(
        complaint<std::filesystem::path>("a3 61 00 62"),
        "expected path, got a string with a zero byte"
    );
}

using Shape = std::variant<std::monostate, int, std::string, paint::Tin>;

TEST(Variants, AreAnIndexAndAValue) {
    EXPECT_EQ(to_hex(packed(Shape{})), "92 00 c0");
    EXPECT_EQ(to_hex(packed(Shape{5})), "92 01 05");
    EXPECT_EQ(to_hex(packed(Shape{"x"})), "92 02 a1 78");
    EXPECT_EQ(to_hex(packed(Shape{paint::Tin{}})), "92 03 92 01 92 00 00");
    expect_round_trip(Shape{});
    expect_round_trip(Shape{5});
    expect_round_trip(Shape{paint::Tin{paint::Colour::blue, "x"}});
    expect_round_trip(std::vector<Shape>{"a", 1, paint::Tin{}});
    // Alternatives of the same type are told apart.
    using Twins = std::variant<int, int>;
    expect_round_trip(Twins{std::in_place_index<1>, 5});
    EXPECT_FALSE(
        packed(Twins{std::in_place_index<0>, 5}) == packed(Twins{std::in_place_index<1>, 5})
    );
}

TEST(Variants, RefuseOtherIndexes) {
    const std::string name = "variant<nil,int,string,Tin>";
    EXPECT_EQ(complaint<Shape>("92 04 c0"), name + ": expected an index below 4, got int 4");
    EXPECT_EQ(complaint<Shape>("92 ff c0"), name + ": expected an index below 4, got int -1");
    EXPECT_EQ(
        complaint<Shape>("92 cf ff ff ff ff ff ff ff ff 01"),
        name + ": expected an index below 4, got int 18446744073709551615"
    );
    EXPECT_EQ(
        complaint<Shape>("92 cf 00 00 00 01 00 00 00 01 05"),
        name + ": expected an index below 4, got int 4294967297"
    );
    EXPECT_EQ(complaint<Shape>("92 a1 78 05"), name + ": expected an index below 4, got string");
    EXPECT_EQ(complaint<Shape>("92 c0 c0"), name + ": expected an index below 4, got nil");
}

TEST(Variants, RefuseOtherValues) {
    const std::string name = "variant<nil,int,string,Tin>";
    EXPECT_EQ(complaint<Shape>("05"), "expected " + name + ", got int 5");
    EXPECT_EQ(complaint<Shape>("91 01"), "expected " + name + ", got array of 1");
    EXPECT_EQ(complaint<Shape>("93 01 05 05"), "expected " + name + ", got array of 3");
    EXPECT_EQ(complaint<Shape>("92 00 05"), name + ", index 0: expected nil, got int 5");
    EXPECT_EQ(complaint<Shape>("92 01 a0"), name + ", index 1: expected int, got string");
    EXPECT_EQ(
        complaint<Shape>("92 03 92 01 92 01 05"),
        name + ", index 3: Tin, member 2: variant<int,string>, index 1: expected string, got int 5"
    );
}

// Cannot be made of a number.
struct Fragile {
    Fragile() = default;

    explicit Fragile(int) { throw std::runtime_error{"broken"}; }

    std::string name;
    MSGPACK_DEFINE(name)
};

TEST(Variants, ThatHoldNothingCannotBePacked) {
    std::variant<std::string, Fragile> broken;
    EXPECT_THROW(broken.emplace<1>(1), std::runtime_error);
    ASSERT_TRUE(broken.valueless_by_exception());
    Buffer out;
    EXPECT_THROW(pack(out, broken), std::bad_variant_access);
    EXPECT_TRUE(out.empty());
}

TEST(Sequences, AreArrays) {
    EXPECT_EQ(to_hex(packed(std::set<int>{3, 1})), "92 01 03");
    EXPECT_EQ(to_hex(packed(std::list<bool>{true})), "91 c3");
    expect_round_trip(std::set<std::string>{"a", "b"});
    expect_round_trip(std::unordered_set<int>{1, 2, 3});
    expect_round_trip(std::deque<paint::Tin>{{paint::Colour::red, 1}, {paint::Colour::blue, "x"}});
    expect_round_trip(std::list<std::set<int>>{{1}, {}, {2, 3}});
    EXPECT_EQ(from<std::set<int>>("93 01 02 01"), (std::set<int>{1, 2}));
    EXPECT_EQ(complaint<std::set<int>>("05"), "expected set<int>, got int 5");
    EXPECT_EQ(complaint<std::unordered_set<int>>("80"), "expected set<int>, got map of 0");
    EXPECT_EQ(complaint<std::deque<int>>("c0"), "expected deque<int>, got nil");
    EXPECT_EQ(complaint<std::list<std::string>>("92 a0 05"), "expected string, got int 5");
}

TEST(Spans, OfBytesPointIntoTheMessage) {
    const std::string bytes = from_hex("93 c4 02 61 62 a1 63 c4 01 64");
    Reader reader{bytes};
    std::tuple<std::span<const std::byte>, std::span<const unsigned char>, std::span<const char>>
        to;
    Mismatch why;
    ASSERT_TRUE(unpack(reader, to, why));
    EXPECT_EQ(static_cast<const void*>(std::get<0>(to).data()), bytes.data() + 3);
    EXPECT_EQ(std::get<0>(to).size(), 2U);
    EXPECT_EQ(static_cast<const void*>(std::get<1>(to).data()), bytes.data() + 6);
    EXPECT_EQ(std::get<2>(to).data(), bytes.data() + 9);
    EXPECT_EQ(complaint<std::span<const std::byte>>("91 01"), "expected bytes, got array of 1");
    static_assert(is_view<std::span<const std::byte>>);
    static_assert(is_view<std::set<std::string_view>>);
    static_assert(is_view<std::list<std::deque<std::span<const unsigned char>>>>);
    static_assert(!is_view<Shape>);
}

TEST(Spans, ArePackedAsWhatTheyPointTo) {
    const std::vector<std::byte> bytes{std::byte{1}, std::byte{2}};
    const std::vector<unsigned char> unsigneds{1, 2};
    std::vector<int> numbers{1, 2};
    EXPECT_EQ(to_hex(packed(std::span<const std::byte>{bytes})), "c4 02 01 02");
    EXPECT_EQ(to_hex(packed(std::span<const unsigned char>{unsigneds})), "c4 02 01 02");
    EXPECT_EQ(to_hex(packed(std::span<const int>{numbers})), "92 01 02");
    EXPECT_EQ(to_hex(packed(std::span<int, 2>{numbers.data(), 2})), "92 01 02");
    EXPECT_EQ(to_hex(packed(std::span<const paint::Tin>{})), "90");
}

TEST(TypeName, OfStandardTypes) {
    EXPECT_EQ(type_name<paint::Colour>(), "Colour");
    EXPECT_EQ(type_name<std::chrono::milliseconds>(), "milliseconds");
    EXPECT_EQ(type_name<std::chrono::microseconds>(), "microseconds");
    EXPECT_EQ(type_name<std::chrono::nanoseconds>(), "nanoseconds");
    EXPECT_EQ(type_name<std::chrono::hours>(), "hours");
    EXPECT_EQ(type_name<std::chrono::days>(), "days");
    EXPECT_EQ((type_name<std::chrono::duration<int, std::ratio<1, 60>>>()), "duration<int,1/60>");
    EXPECT_EQ((type_name<std::chrono::duration<int, std::ratio<7>>>()), "duration<int,7>");
    EXPECT_EQ((type_name<std::chrono::duration<double, std::milli>>()), "duration<double,1/1000>");
    EXPECT_EQ(type_name<std::filesystem::path>(), "path");
    EXPECT_EQ(type_name<Shape>(), "variant<nil,int,string,Tin>");
    EXPECT_EQ(type_name<std::span<const std::byte>>(), "bytes");
    EXPECT_EQ(type_name<std::vector<paint::Flag>>(), "vector<Flag>");
    EXPECT_EQ(type_name<std::vector<std::int8_t>>(), "vector<int8>");
    EXPECT_EQ(
        (signature_name<std::set<int>, std::optional<std::chrono::seconds>, std::deque<paint::Tin>>(
        )),
        "set<int>(optional<seconds>,deque<Tin>)"
    );
}

}  // namespace
}  // namespace rollcall::codec::tests
