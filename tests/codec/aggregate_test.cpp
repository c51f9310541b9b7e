// Structs without macros travel as arrays of their members.
#include <rollcall/codec/unpack.h>

#include "codec/hex.h"
#include "codec/types.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

namespace store {

struct Item {
    std::string name;
    int count = 1;

    friend bool operator==(const Item&, const Item&) = default;
};

struct Order {
    int id = 0;
    std::string customer;
    std::vector<Item> items;
    Item gift;
    std::map<std::string, Item> spare;

    friend bool operator==(const Order&, const Order&) = default;
};

struct Nothing {
    friend bool operator==(const Nothing&, const Nothing&) = default;
};

// A tree.
struct Node {
    std::string name;
    std::vector<Node> children;

    friend bool operator==(const Node&, const Node&) = default;
};

// What may be missing at the end: the last two.
struct Note {
    std::string text;
    std::optional<int> early;
    int priority = 5;
    std::optional<std::string> author = "nobody";
    std::optional<Item> item;

    friend bool operator==(const Note&, const Note&) = default;
};

// The same, marked by hand: all but the first.
struct Marked {
    static constexpr std::size_t rollcall_required = 1;
    int id = 0;
    int priority = 5;
    std::vector<int> tags{1, 2};

    friend bool operator==(const Marked&, const Marked&) = default;
};

// Marked against what its types say.
struct Strict {
    static constexpr std::size_t rollcall_required = 2;
    int id = 0;
    std::optional<int> needed;
};

template <class T>
struct Box {
    T content{};
};

}  // namespace store

namespace rollcall::codec::tests {
namespace {

// Members m1 to m32, of types that take turns.
struct Wide {
    int m1 = 1;
    std::string m2 = "2";
    double m3 = 3;
    bool m4 = true;
    int m5 = 5, m6 = 6, m7 = 7, m8 = 8, m9 = 9, m10 = 10, m11 = 11, m12 = 12, m13 = 13, m14 = 14;
    std::vector<int> m15{15};
    int m16 = 16, m17 = 17, m18 = 18, m19 = 19, m20 = 20, m21 = 21, m22 = 22, m23 = 23, m24 = 24;
    std::optional<int> m25 = 25;
    int m26 = 26, m27 = 27, m28 = 28, m29 = 29, m30 = 30, m31 = 31;
    std::string m32 = "32";

    friend bool operator==(const Wide&, const Wide&) = default;
};

struct Widest {
    int m1 = 1, m2 = 2, m3 = 3, m4 = 4, m5 = 5, m6 = 6, m7 = 7, m8 = 8, m9 = 9, m10 = 10, m11 = 11,
        m12 = 12, m13 = 13, m14 = 14, m15 = 15, m16 = 16, m17 = 17, m18 = 18, m19 = 19, m20 = 20,
        m21 = 21, m22 = 22, m23 = 23, m24 = 24, m25 = 25, m26 = 26, m27 = 27, m28 = 28, m29 = 29,
        m30 = 30, m31 = 31, m32 = 32, m33 = 33, m34 = 34, m35 = 35, m36 = 36, m37 = 37, m38 = 38,
        m39 = 39, m40 = 40, m41 = 41, m42 = 42, m43 = 43, m44 = 44, m45 = 45, m46 = 46, m47 = 47,
        m48 = 48, m49 = 49, m50 = 50, m51 = 51, m52 = 52, m53 = 53, m54 = 54, m55 = 55, m56 = 56,
        m57 = 57, m58 = 58, m59 = 59, m60 = 60, m61 = 61, m62 = 62, m63 = 63, m64 = 64;

    friend bool operator==(const Widest&, const Widest&) = default;
};

TEST(Aggregate, IsAnArrayOfItsMembersInOrder) {
    EXPECT_EQ(to_hex(packed(store::Item{"x", 2})), "92 a1 78 02");
    EXPECT_EQ(to_hex(packed(store::Nothing{})), "90");
    EXPECT_EQ(
        to_hex(packed(store::Order{7, "A", {{"x", 2}}, {"y", 3}, {{"z", {"z", 4}}}})),
        "95 07 a1 41 91 92 a1 78 02 92 a1 79 03 81 a1 7a 92 a1 7a 04"
    );
    EXPECT_EQ(to_hex(packed(Wide{})).substr(0, 8), "dc 00 20");
}

TEST(Aggregate, RoundTripsAloneAndNested) {
    const store::Order order{7, "Ada", {{"tea", 2}, {"cup", 4}}, {"bow", 1}, {{"s", {"t", 9}}}};
    expect_round_trip(order);
    expect_round_trip(store::Nothing{});
    expect_round_trip(std::vector<store::Order>{order, {}, order});
    expect_round_trip(std::map<std::string, std::optional<store::Item>>{
        {"a", {}}, {"b", {{"x", 1}}}});
    expect_round_trip(std::tuple{1, store::Item{"x", 5}, std::pair{order, true}});
    expect_round_trip(std::deque<store::Item>{{"x", 1}, {"y", 2}});
    expect_round_trip(store::Node{"root", {{"leaf", {}}, {"twig", {{"bud", {}}}}}});
    Wide wide;
    wide.m31 = -1;
    wide.m32 = "other";
    expect_round_trip(wide);
    Widest widest;
    widest.m1 = -1;
    widest.m64 = -64;
    expect_round_trip(widest);
}

TEST(Aggregate, MayBeLongerThanKnown) {
    const auto item = from<store::Item>("94 a1 78 02 c0 92 01 93 01 02 03");
    EXPECT_EQ(item, (store::Item{"x", 2}));
    // What follows is read as if the rest had not been there.
    const auto items = from<std::vector<store::Item>>("92 93 a1 78 02 81 01 02 92 a1 79 03");
    EXPECT_EQ(items, (std::vector<store::Item>{{"x", 2}, {"y", 3}}));
    EXPECT_EQ(from<store::Nothing>("92 01 02"), store::Nothing{});
}

TEST(Aggregate, MayLackTrailingOptionals) {
    const store::Note full{"t", 1, 2, "me", store::Item{"x", 3}};
    expect_round_trip(full);
    EXPECT_EQ(from<store::Note>("95 a1 74 01 02 a2 6d 65 92 a1 78 03"), full);
    EXPECT_EQ(from<store::Note>("94 a1 74 01 02 a2 6d 65"), (store::Note{"t", 1, 2, "me", {}}));
    // A missing member has its default, one that is nil has none.
    EXPECT_EQ(from<store::Note>("93 a1 74 01 02"), (store::Note{"t", 1, 2, "nobody", {}}));
    EXPECT_EQ(from<store::Note>("94 a1 74 01 02 c0"), (store::Note{"t", 1, 2, {}, {}}));
    // `early` is optional, but `priority` behind it is not.
    EXPECT_EQ(
        complaint<store::Note>("92 a1 74 01"), "expected Note of at least 3 members, got array of 2"
    );
}

TEST(Aggregate, MayLackWhatItMarks) {
    EXPECT_EQ(from<store::Marked>("91 07"), (store::Marked{7, 5, {1, 2}}));
    EXPECT_EQ(from<store::Marked>("92 07 08"), (store::Marked{7, 8, {1, 2}}));
    EXPECT_EQ(from<store::Marked>("93 07 08 90"), (store::Marked{7, 8, {}}));
    EXPECT_EQ(
        complaint<store::Marked>("90"), "expected Marked of at least 1 member, got array of 0"
    );
    EXPECT_EQ(
        complaint<store::Strict>("91 07"), "expected Strict of at least 2 members, got array of 1"
    );
    EXPECT_EQ(complaint<store::Strict>("92 07 c0"), "fits");
    EXPECT_EQ(
        complaint<store::Item>("91 a1 78"), "expected Item of at least 2 members, got array of 1"
    );
}

TEST(Aggregate, ForgetsWhatItHeldWhereMembersAreMissing) {
    store::Marked marked{1, 9, {9}};
    const std::string bytes = from_hex("91 07");
    Reader reader{bytes};
    Mismatch why;
    ASSERT_TRUE(unpack(reader, marked, why));
    EXPECT_EQ(marked, (store::Marked{7, 5, {1, 2}}));
}

TEST(Aggregate, SaysWhichMemberDoesNotFit) {
    EXPECT_EQ(complaint<store::Item>("05"), "expected Item, got int 5");
    EXPECT_EQ(complaint<store::Item>("81 01 02"), "expected Item, got map of 1");
    EXPECT_EQ(complaint<store::Item>("92 05 01"), "Item, member 1: expected string, got int 5");
    EXPECT_EQ(complaint<store::Item>("92 a0 c0"), "Item, member 2: expected int, got nil");
    EXPECT_EQ(
        complaint<store::Order>("95 01 a0 92 92 a0 01 92 a0 a0 92 a0 01 80"),
        "Order, member 3: Item, member 2: expected int, got string"
    );
    EXPECT_EQ(
        complaint<store::Order>("95 01 a0 90 91 a0 80"),
        "Order, member 4: expected Item of at least 2 members, got array of 1"
    );
    EXPECT_EQ(complaint<std::optional<store::Item>>("a0"), "expected Item, got string");
    EXPECT_EQ(
        complaint<store::Box<std::vector<std::string>>>("91 91 05"),
        "Box<vector<string>>, member 1: expected string, got int 5"
    );
}

TEST(Aggregate, ThatIsDeepHasShortComplaints) {
    // Each level: a name, and an array of one child.
    const std::string bytes = repeat(60, "92 a0 91") + from_hex("05");
    Reader reader{bytes};
    store::Node node;
    Mismatch why;
    ASSERT_FALSE(unpack(reader, node, why));
    const std::string& text = why.text();
    EXPECT_LT(text.size(), 350U) << text;
    EXPECT_TRUE(text.starts_with("Node, member 2: Node, member 2: ")) << text;
    EXPECT_TRUE(text.ends_with(": Node, member 2: expected Node, got int 5")) << text;
}

TEST(Aggregate, HasANameWithoutNamespaces) {
    struct Local {
        int n = 0;
    };

    EXPECT_EQ(type_name<store::Order>(), "Order");
    EXPECT_EQ(type_name<Wide>(), "Wide");
    EXPECT_EQ(type_name<Local>(), "Local");
    EXPECT_EQ((type_name<store::Box<store::Box<store::Item>>>()), "Box<Box<Item>>");
    EXPECT_EQ(
        (signature_name<store::Order, const store::Item&, std::vector<store::Item>>()),
        "Order(Item,vector<Item>)"
    );
}

TEST(Aggregate, ThatHoldsAViewIsOne) {
    struct Glance {
        int n = 0;
        std::string_view text;
    };

    struct Inner {
        std::vector<store::Box<std::span<const std::byte>>> parts;
    };

    struct Outer {
        Inner inner;
    };

    static_assert(is_view<Glance>);
    static_assert(is_view<std::vector<std::optional<Glance>>>);
    static_assert(is_view<Outer>);
    static_assert(is_view<std::variant<int, Glance>>);
    static_assert(!is_view<store::Order>);
    static_assert(!is_view<store::Node>);
    static_assert(!is_view<Widest>);
    const std::string bytes = from_hex("92 01 a2 61 62");
    Reader reader{bytes};
    Glance glance;
    Mismatch why;
    ASSERT_TRUE(unpack(reader, glance, why));
    EXPECT_EQ(glance.text.data(), bytes.data() + 3);
}

// Remembers the largest piece of memory that was asked for.
std::size_t largest_allocation = 0;

template <class T>
struct Watched : std::allocator<T> {
    Watched() = default;

    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): allocators convert
    Watched(const Watched<U>&) {}

    template <class U>
    struct rebind {
        using other = Watched<U>;
    };

    T* allocate(std::size_t count) {
        largest_allocation = std::max(largest_allocation, count * sizeof(T));
        return std::allocator<T>::allocate(count);
    }
};

TEST(Aggregate, OfManyReservesLittleOnThePromiseOfAHeader) {
    struct Large {
        std::array<std::uint64_t, 1000> numbers{};
    };

    // Four billion promised, one there that does not fit.
    const std::string bytes = from_hex("dd ff ff ff ff 05");
    Mismatch why;
    largest_allocation = 0;
    Reader reader{bytes};
    std::vector<Large, Watched<Large>> large;
    EXPECT_FALSE(unpack(reader, large, why));
    EXPECT_LE(largest_allocation, std::size_t{32} << 10U);
    EXPECT_GT(largest_allocation, 0U);
    largest_allocation = 0;
    reader = Reader{bytes};
    std::vector<std::string, Watched<std::string>> strings;
    EXPECT_FALSE(unpack(reader, strings, why));
    EXPECT_LE(largest_allocation, std::size_t{32} << 10U);
}

}  // namespace
}  // namespace rollcall::codec::tests
