#include <rollcall/base/random.h>

#include <array>
#include <cstdio>
#include <random>

namespace rollcall {
namespace {

std::mt19937_64& generator() {
    thread_local std::mt19937_64 engine = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device()};
        return std::mt19937_64{seed};
    }();
    return engine;
}

}  // namespace

std::uint64_t random_u64() {
    return generator()();
}

std::uint64_t random_below(std::uint64_t bound) {
    if (bound == 0) return 0;
    return std::uniform_int_distribution<std::uint64_t>{0, bound - 1}(generator());
}

double random_unit() {
    // std::uniform_real_distribution takes logarithms for each number.
    constexpr double kUnit = 0x1p-53;
    return static_cast<double>(random_u64() >> 11U) * kUnit;
}

std::string random_nonce() {
    // From the system each time: two processes forked from one must not share nonces.
    std::random_device device;
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%08x%08x", device(), device());
    return text.data();
}

}  // namespace rollcall
