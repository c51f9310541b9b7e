// The mixture of the soak.

#include "soak/kinds.h"

#include <gtest/gtest.h>

#include <array>

namespace rollcall::soak {
namespace {

TEST(SoakKinds, AllAreInTheMixture) {
    std::array<int, kKinds> counts{};
    for (std::uint64_t number = 0; number < 100'000; ++number)
        ++counts[index_of(kind_of(number))];
    int quick = 0;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        if (kind == index_of(Kind::guest)) continue;  // by the clock, instead of newcomers
        EXPECT_GE(counts[kind], 45) << name_of(static_cast<Kind>(kind));
        if (kind < kQuickKinds) quick += counts[kind];
    }
    EXPECT_GT(quick, 98'000);
    EXPECT_LT(quick, 99'500);
}

TEST(SoakKinds, EachRareKindGoesToAllServersAndVariants) {
    std::array<std::array<int, 12>, kKinds> seen{};
    for (std::uint64_t number = 0; number < 1'000'000; ++number)
        ++seen[index_of(kind_of(number))][number % 12];
    for (std::size_t kind = kQuickKinds; kind < kKinds; ++kind) {
        if (kind == index_of(Kind::guest)) continue;
        for (const int count : seen[kind])
            EXPECT_GT(count, 0) << name_of(static_cast<Kind>(kind));
    }
}

}  // namespace
}  // namespace rollcall::soak
