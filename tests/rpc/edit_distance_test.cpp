#include "edit_distance.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::rpc {
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
}  // namespace rollcall::rpc
