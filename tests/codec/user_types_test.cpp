// What goes through msgpack-c: structs, enums, ext, timestamps, and the limits of that way.
#include <rollcall/codec/limits.h>
#include <rollcall/codec/unpack.h>

#include "codec/hex.h"

#include <gtest/gtest.h>
#include <msgpack.hpp>

#include <limits>
#include <set>

namespace shop {

struct Item {
    std::string name;
    double price = 0;
    MSGPACK_DEFINE(name, price)

    friend bool operator==(const Item&, const Item&) = default;
};

struct Order {
    int id = 0;
    std::vector<Item> items;
    std::map<std::string, std::string> notes;
    MSGPACK_DEFINE(id, items, notes)

    friend bool operator==(const Order&, const Order&) = default;
};

struct ByName {
    int id = 0;
    MSGPACK_DEFINE_MAP(id)

    friend bool operator==(const ByName&, const ByName&) = default;
};

// Holds much.
template <class T>
struct Heap {
    std::vector<T> all;
    MSGPACK_DEFINE(all)
};

enum class Colour { red = 1, green = 300 };

// A type whose own check refuses what fits the wire.
struct Percent {
    int value = 0;
};

// Counts arrays in arrays.
struct Tower {
    std::size_t storeys = 0;
};

// For handlers that are done when they return.
struct Glance {
    std::string_view name;
    msgpack::type::raw_ref data;
    MSGPACK_DEFINE(name, data)
};

// Keeps an item as bytes and unpacks it while it is itself being converted.
struct Parcel {
    Item item;
    std::string label;
};

}  // namespace shop

MSGPACK_ADD_ENUM(shop::Colour)

namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
    namespace adaptor {

    template <>
    struct convert<shop::Percent> {
        const msgpack::object& operator()(const msgpack::object& from, shop::Percent& to) const {
            from.convert(to.value);
            if (to.value > 100) throw std::out_of_range{"a percentage above 100"};
            return from;
        }
    };

    template <>
    struct convert<shop::Tower> {
        const msgpack::object& operator()(const msgpack::object& from, shop::Tower& to) const {
            for (const msgpack::object* at = &from; at->type == msgpack::type::ARRAY;
                 at = at->via.array.ptr)
                ++to.storeys;
            return from;
        }
    };

    template <>
    struct convert<shop::Parcel> {
        const msgpack::object& operator()(const msgpack::object& from, shop::Parcel& to) const {
            const auto parts = from.as<std::tuple<std::string, std::string>>();
            rollcall::codec::Reader reader{std::get<0>(parts)};
            rollcall::codec::Mismatch why;
            if (!rollcall::codec::unpack(reader, to.item, why)) throw type_error{};
            // The outer object must still be there after the inner value has come and gone.
            to.label = from.via.array.ptr[1].as<std::string>();
            return from;
        }
    };

    }  // namespace adaptor
}
}  // namespace msgpack

namespace rollcall::codec::tests {
namespace {

template <class T>
std::string packed(const T& value) {
    Buffer out;
    pack(out, value);
    return std::string{out.view()};
}

// Empty if it fits.
template <class T>
std::string complaint(std::string_view bytes, T& to) {
    Reader reader{bytes};
    Mismatch why;
    if (!unpack(reader, to, why)) return why.text();
    EXPECT_TRUE(reader.at_end());
    return {};
}

template <class T>
std::string complaint(std::string_view bytes) {
    T to{};
    return complaint(bytes, to);
}

template <class T>
void expect_round_trip(const T& value) {
    T back{};
    const std::string bytes = packed(value);
    EXPECT_EQ(complaint(bytes, back), "") << to_hex(bytes);
    EXPECT_TRUE(back == value) << to_hex(bytes);
}

TEST(UserTypes, RoundTripAloneAndNested) {
    const shop::Order order{7, {{"tea", 2.5}, {"cup", 4}}, {{"to", "Ada"}}};
    expect_round_trip(order);
    expect_round_trip(std::vector<shop::Order>{order, {}, order});
    expect_round_trip(std::map<std::string, std::optional<shop::Item>>{{"a", {}}, {"b", {{"x", 1}}}}
    );
    expect_round_trip(shop::ByName{5});
    expect_round_trip(shop::Colour::green);
    expect_round_trip(std::tuple{1, shop::Colour::red, shop::Item{"x", 0.5}});
    expect_round_trip(std::multiset<int>{1, 1, 3});
}

TEST(UserTypes, HaveTheBytesOfMsgpackC) {
    EXPECT_EQ(to_hex(packed(shop::Item{"x", 0.5})), "92 a1 78 cb 3f e0 00 00 00 00 00 00");
    EXPECT_EQ(to_hex(packed(shop::ByName{5})), "81 a2 69 64 05");
    EXPECT_EQ(to_hex(packed(shop::Colour::green)), "cd 01 2c");
}

TEST(UserTypes, SayTheirNameWhenSomethingElseCame) {
    EXPECT_EQ(complaint<shop::Item>(from_hex("05")), "expected shop::Item, got int 5");
    EXPECT_EQ(complaint<shop::Item>(from_hex("92 05 05")), "expected shop::Item, got array of 2");
    EXPECT_EQ(complaint<shop::Colour>(from_hex("a1 78")), "expected shop::Colour, got string");
    EXPECT_EQ(
        complaint<std::vector<shop::Item>>(from_hex("91 c0")), "expected shop::Item, got nil"
    );
}

TEST(UserTypes, MayRefuseByThrowing) {
    shop::Percent percent;
    EXPECT_EQ(complaint(from_hex("64"), percent), "");
    EXPECT_EQ(percent.value, 100);
    EXPECT_EQ(
        complaint<shop::Percent>(from_hex("65")),
        "expected shop::Percent, got a percentage above 100"
    );
}

TEST(UserTypes, MayUnpackOthersWhileBeingConverted) {
    const std::string item = packed(shop::Item{"tea", 2.5});
    const std::string bytes = packed(std::pair{item, std::string(20000, 'x')});
    shop::Parcel parcel;
    EXPECT_EQ(complaint(bytes, parcel), "");
    EXPECT_EQ(parcel.item, (shop::Item{"tea", 2.5}));
    EXPECT_EQ(parcel.label, std::string(20000, 'x'));
}

TEST(UserTypes, ViewsInsideThemPointIntoTheMessage) {
    const std::string bytes = packed(std::pair{std::string{"a name"}, std::vector<char>{'d'}});
    shop::Glance glance;
    ASSERT_EQ(complaint(bytes, glance), "");
    EXPECT_EQ(glance.name.data(), bytes.data() + 2);
    EXPECT_EQ(glance.name, "a name");
    EXPECT_EQ(glance.data.ptr, bytes.data() + 10);
    EXPECT_EQ(glance.data.size, 1U);

    std::vector<shop::Glance> glances;
    const std::string many = from_hex("91") + bytes;
    ASSERT_EQ(complaint(many, glances), "");
    EXPECT_EQ(glances.at(0).name.data(), many.data() + 3);
}

TEST(UserTypes, ExtIsTakenAndGiven) {
    const msgpack::type::ext sent{42, "payload", 7};
    msgpack::type::ext back;
    const std::string bytes = packed(sent);
    EXPECT_EQ(to_hex(bytes).substr(0, 8), "c7 07 2a");
    ASSERT_EQ(complaint(bytes, back), "");
    EXPECT_EQ(back.type(), 42);
    EXPECT_EQ((std::string{back.data(), back.size()}), "payload");
    EXPECT_NE(complaint<msgpack::type::ext>(from_hex("c4 01 00")), "");
}

TEST(UserTypes, RepeatedUseLeavesNothingBehind) {
    // One zone serves every value of this thread; a failure in between must not disturb it.
    const shop::Order large{1, std::vector<shop::Item>(1000, {std::string(500, 'x'), 1}), {}};
    for (int i = 0; i < 20; ++i) {
        expect_round_trip(large);
        EXPECT_NE(complaint<shop::Order>(packed(large.items)), "");
        expect_round_trip(shop::Item{"small", 2});
    }
}

// An array of `elements` nils.
std::string array_of(std::size_t elements) {
    Buffer out;
    pack_array_head(out, elements);
    return std::string{out.view()} + std::string(elements, '\xc0');
}

// A heap of such values: an array of one array.
std::string heap(std::string_view array) {
    return "\x91" + std::string{array};
}

TEST(UserTypes, HaveALimitOfElements) {
    // The two arrays themselves are elements too.
    shop::Heap<std::optional<int>> to;
    static_assert(kMaxObjectElements == 1048576);
    EXPECT_EQ(complaint(heap(array_of(kMaxObjectElements - 3)), to), "");
    EXPECT_EQ(complaint(heap(array_of(kMaxObjectElements - 2)), to), "");
    EXPECT_EQ(to.all.size(), kMaxObjectElements - 2);
    EXPECT_NE(
        complaint(heap(array_of(kMaxObjectElements - 1)), to).find("more than 1048576 elements"),
        std::string::npos
    );
    // Types that need no object have no such limit.
    std::vector<std::optional<int>> direct;
    EXPECT_EQ(complaint(array_of(kMaxObjectElements), direct), "");
    EXPECT_EQ(direct.size(), kMaxObjectElements);
}

TEST(UserTypes, CountElementsAtEveryLevel) {
    // 1,025 arrays of 1,024: under the limit in each of them, over it together.
    std::string value = from_hex("dc 04 01");
    for (int i = 0; i < 1025; ++i)
        value += array_of(1024);
    shop::Heap<std::vector<std::optional<int>>> to;
    EXPECT_NE(complaint(heap(value), to).find("more than 1048576 elements"), std::string::npos);
}

TEST(UserTypes, TakeTheDeepestNestingThatIsLetThrough) {
    for (const std::size_t depth : {std::size_t{1}, std::size_t{64}, kMaxDepth}) {
        shop::Tower tower;
        EXPECT_EQ(complaint(repeat(depth, "91") + from_hex("05"), tower), "") << depth;
        EXPECT_EQ(tower.storeys, depth);
    }
}

}  // namespace
}  // namespace rollcall::codec::tests
