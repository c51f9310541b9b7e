#include <rollcall/base/edit_distance.h>

#include "support/seed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace rollcall {
namespace {

std::string nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
    return std::string{nearest_name(name, candidates)};
}

TEST(NearestName, WithinTwoEditsAndAThird) {
    EXPECT_EQ(nearest("ad", {"add", "echo"}), "add");
    EXPECT_EQ(nearest("subtrcat", {"add", "subtract"}), "subtract");  // a swap is one edit
    EXPECT_EQ(nearest("subtr", {"subtract"}), "");                    // three are too many
    EXPECT_EQ(nearest("sub", {"tub"}), "tub");
    EXPECT_EQ(nearest("sub", {"tab"}), "");  // two of three letters are not a slip
    EXPECT_EQ(nearest("mulitpyl", {"multiply"}), "multiply");
    EXPECT_EQ(nearest("x", {"y"}), "y");
    EXPECT_EQ(nearest("", {"y"}), "");
    EXPECT_EQ(nearest("x", {}), "");
}

TEST(NearestName, TheNearestOfSeveral) {
    EXPECT_EQ(nearest("lengths", {"lengthsxx", "lengthsx", "lenght"}), "lengthsx");
    EXPECT_EQ(nearest("same", {"same1", "same2"}), "same1");  // the first of equals
    EXPECT_EQ(nearest("same", {"same1", "same"}), "same");
}

// Optimal string alignment distance, straight from its definition.
std::size_t reference_distance(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return a.size() + b.size();
    const auto cut = [](std::string_view text, std::size_t n) {
        return text.substr(0, text.size() - n);
    };
    const std::size_t unequal = a.back() == b.back() ? 0 : 1;
    std::size_t least = std::min(
        {reference_distance(cut(a, 1), b) + 1,
         reference_distance(a, cut(b, 1)) + 1,
         reference_distance(cut(a, 1), cut(b, 1)) + unequal}
    );
    const bool swapped =
        a.size() > 1 && b.size() > 1 && a.back() == b[b.size() - 2] && a[a.size() - 2] == b.back();
    if (swapped) least = std::min(least, reference_distance(cut(a, 2), cut(b, 2)) + 1);
    return least;
}

TEST(NearestName, EqualsTheDefinition) {
    std::mt19937_64 random{rollcall::tests::seed()};
    const auto any_name = [&] {
        std::string name(1 + random() % 6, 'a');
        for (char& c : name)
            c = static_cast<char>('a' + random() % 3);
        return name;
    };
    for (int i = 0; i < 2000; ++i) {
        const std::string name = any_name();
        const std::string other = any_name();
        const std::size_t allowed = name.size() >= 6 ? 2 : 1;
        const std::vector<std::string_view> candidates{other};
        EXPECT_EQ(nearest_name(name, candidates).empty(), reference_distance(name, other) > allowed)
            << name << " " << other;
    }
}

TEST(EditDistance, IsWholeWithinAnyBound) {
    std::mt19937_64 random{rollcall::tests::seed()};
    const auto any_text = [&] {
        std::string text(random() % 7, 'a');
        for (char& c : text)
            c = static_cast<char>('a' + random() % 3);
        return text;
    };
    for (int i = 0; i < 1000; ++i) {
        const std::string a = any_text();
        const std::string b = any_text();
        const std::size_t distance = reference_distance(a, b);
        EXPECT_EQ(edit_distance(a, b), distance) << a << " " << b;
        for (std::size_t most = 0; most < 8; ++most)
            EXPECT_EQ(edit_distance(a, b, most), std::min(distance, most + 1)) << a << " " << b;
    }
}

TEST(EditDistance, ComparesTheFirst64Bytes) {
    const std::string at(64, 'n');
    EXPECT_EQ(edit_distance(at, ""), 64U);
    EXPECT_EQ(edit_distance(at, std::string(63, 'n') + "m"), 1U);
    EXPECT_EQ(edit_distance(at + "more", at + "other"), 0U);
    EXPECT_EQ(edit_distance(at, std::string(64, 'm'), 1000), 64U);
}

TEST(NearestName, CostIsBounded) {
    const std::string at(64, 'n');
    const std::string over(65, 'n');
    EXPECT_EQ(nearest(at, {at}), at);
    EXPECT_EQ(nearest(over, {over}), "");
    EXPECT_EQ(nearest(at, {over}), "");
    std::vector<std::string_view> many(255, "unlike_it");
    many.emplace_back("add");
    EXPECT_EQ(nearest("ad", many), "add");  // the 256th
    many.insert(many.begin(), "unlike_it");
    EXPECT_EQ(nearest("ad", many), "");
}

}  // namespace
}  // namespace rollcall
