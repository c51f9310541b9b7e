// Aggregates and what they may hold against msgpack-c, and against bytes that a peer has spoilt.
#include <rollcall/codec/scanner.h>
#include <rollcall/codec/unpack.h>

#include "codec/hex.h"
#include "codec/random_value.h"
#include "codec/types.h"
#include "support/seed.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <list>
#include <set>
#include <variant>

namespace rollcall::codec::tests {

// The same members, one known to msgpack-c.
struct Plain {
    std::int64_t number = 0;
    std::string text;
    std::vector<std::optional<double>> numbers;
    std::map<std::string, std::set<int>> sets;
    std::deque<std::string> queue;
    std::list<std::vector<char>> blobs;
    bool flag = false;
};

struct Defined {
    std::int64_t number = 0;
    std::string text;
    std::vector<std::optional<double>> numbers;
    std::map<std::string, std::set<int>> sets;
    std::deque<std::string> queue;
    std::list<std::vector<char>> blobs;
    bool flag = false;
    MSGPACK_DEFINE(number, text, numbers, sets, queue, blobs, flag)
};

enum class Level : std::int16_t { low = -1, high = 1 };

struct Leaf {
    Level level = Level::low;
    std::chrono::microseconds age{0};
    std::optional<std::string> name;
};

// Everything that is not in Plain.
struct Tree {
    Leaf leaf;
    std::variant<std::monostate, std::int8_t, Leaf, std::vector<std::string>> choice;
    std::array<Level, 2> levels{};
    std::filesystem::path path;
    std::chrono::system_clock::time_point when;
    std::vector<Tree> children;
    std::optional<Leaf> last;
};

namespace {

std::string random_text(Random& random) {
    return random_bytes(random, random_size(random));
}

template <class T>
T random_plain(Random& random) {
    T value;
    value.number = static_cast<std::int64_t>(random() >> below(random, 64));
    value.text = random_text(random);
    for (std::size_t i = below(random, 20); i > 0; --i) {
        value.numbers.push_back(static_cast<double>(i) + 0.25);  // msgpack-c makes 1.0 an integer
        value.numbers.emplace_back();
        value.sets[random_text(random)].insert(static_cast<int>(random() % 1000));
        value.queue.push_back(random_text(random));
        const std::string blob = random_text(random);
        value.blobs.emplace_back(blob.begin(), blob.end());
    }
    value.flag = below(random, 2) == 0;
    return value;
}

Leaf random_leaf(Random& random) {
    Leaf leaf;
    leaf.level = static_cast<Level>(random());
    leaf.age = std::chrono::microseconds{static_cast<std::int64_t>(random())};
    if (below(random, 2) == 0) leaf.name = random_bytes(random, below(random, 5));
    return leaf;
}

Tree random_tree(Random& random, unsigned depth) {
    Tree tree;
    tree.leaf = random_leaf(random);
    switch (below(random, 4)) {
        case 0:
            tree.choice = static_cast<std::int8_t>(random());
            break;
        case 1:
            tree.choice = random_leaf(random);
            break;
        case 2:
            tree.choice = std::vector<std::string>(below(random, 4), "x");
            break;
        default:
            break;
    }
    tree.path = "a/" + std::to_string(below(random, 1000));
    tree.when += std::chrono::nanoseconds{static_cast<std::int64_t>(random())};
    for (std::size_t i = depth == 0 ? 0 : below(random, 4); i > 0; --i)
        tree.children.push_back(random_tree(random, depth - 1));
    if (below(random, 2) == 0) tree.last = random_leaf(random);
    return tree;
}

TEST(RandomTypes, AggregatesHaveTheBytesOfMsgpackC) {
    for (int round = 0; round < 200; ++round) {
        const std::uint64_t seed = rollcall::tests::seed() + static_cast<std::uint64_t>(round);
        Random random{seed};
        Random same{seed};
        const std::string ours = packed(random_plain<Plain>(random));
        const std::string theirs = packed(random_plain<Defined>(same));
        ASSERT_TRUE(ours == theirs) << to_hex(ours) << " is not " << to_hex(theirs);
        // Each reads what the other wrote.
        const auto plain = unpacked<Plain>(theirs);
        const auto defined = unpacked<Defined>(ours);
        ASSERT_TRUE(plain && defined);
        ASSERT_EQ(to_hex(packed(*plain)), to_hex(packed(*defined)));
    }
}

// What happened to bytes that arrived whole.
struct Tally {
    int taken = 0;
    int refused = 0;
};

// What is taken goes out again as the same value; what is refused has a reason.
template <class T>
void take(std::string_view bytes, Tally& tally) {
    Reader reader{bytes};
    T value{};
    Mismatch why;
    if (!unpack(reader, value, why)) {
        ++tally.refused;
        ASSERT_FALSE(why.text().empty()) << to_hex(bytes);
        return;
    }
    ++tally.taken;
    ASSERT_TRUE(reader.at_end()) << to_hex(bytes);
    const std::string again = packed(value);
    const auto back = unpacked<T>(again);
    ASSERT_TRUE(back) << to_hex(bytes);
    ASSERT_EQ(to_hex(packed(*back)), to_hex(again)) << to_hex(bytes);
}

template <class T>
void take_if_whole(std::string_view bytes, Tally& tally) {
    Scanner scanner{Limits{}};
    if (scanner.scan(bytes.data(), bytes.size()) != ScanStatus::complete) return;
    take<T>(bytes.substr(0, scanner.size()), tally);
}

TEST(RandomTypes, SpoiltBytesAreTakenWholeOrRefusedWithAReason) {
    Random random{rollcall::tests::seed()};
    Tally tally;
    for (int round = 0; round < 1500; ++round) {
        std::string bytes = packed(random_tree(random, 2));
        take_if_whole<Tree>(bytes, tally);
        for (std::size_t flips = 1 + below(random, 3); flips > 0; --flips)
            bytes[below(random, bytes.size())] = static_cast<char>(below(random, 256));
        take_if_whole<Tree>(bytes, tally);
        if (HasFailure()) return;
    }
    EXPECT_GT(tally.taken, 1500);
    EXPECT_GT(tally.refused, 100);
}

TEST(RandomTypes, AnyValueIsTakenWholeOrRefusedWithAReason) {
    Random random{rollcall::tests::seed()};
    Tally tally;
    for (int round = 0; round < 2000; ++round) {
        const std::string bytes = random_value(random);
        take<Tree>(bytes, tally);
        take<Leaf>(bytes, tally);
        take<Level>(bytes, tally);
        take<std::vector<std::variant<std::string, Level, Raw>>>(bytes, tally);
        take<std::chrono::duration<std::int32_t>>(bytes, tally);
        take<std::list<std::filesystem::path>>(bytes, tally);
        if (HasFailure()) return;
    }
    EXPECT_GT(tally.taken, 10);
    EXPECT_GT(tally.refused, 10);
}

}  // namespace
}  // namespace rollcall::codec::tests
