#include "support/seed.h"

#include <rollcall/base/random.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace rollcall::tests {

std::uint64_t seed() {
    const char* given = std::getenv("ROLLCALL_TEST_SEED");
    const std::uint64_t seed = given == nullptr ? random_u64() : std::stoull(given);
    std::printf(
        "ROLLCALL_TEST_SEED=%llu repeats this run\n", static_cast<unsigned long long>(seed)
    );
    return seed;
}

}  // namespace rollcall::tests
