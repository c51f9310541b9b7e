#include <rollcall/base/random.h>

#include <array>
#include <bit>
#include <cstdio>
#include <limits>
#include <random>

namespace rollcall {
namespace {

// xoshiro256++ by David Blackman and Sebastiano Vigna, https://prng.di.unimi.it: a twentieth of the
// work of std::mt19937_64 for a number, and each traced call takes five.
class Generator {
public:
    using result_type = std::uint64_t;

    Generator() {
        std::random_device device;
        for (std::uint64_t& word : state_)
            word = std::uint64_t{device()} << 32U | device();
        // The one state that it never leaves.
        state_[0] |= 1U;
    }

    static constexpr result_type min() { return 0; }

    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

    result_type operator()() noexcept {
        const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

private:
    std::array<std::uint64_t, 4> state_{};
};

Generator& generator() {
    thread_local Generator mine;
    return mine;
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
