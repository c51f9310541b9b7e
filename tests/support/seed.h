#pragma once
// The seed of randomised tests.

#include <cstdint>

namespace rollcall::tests {

// ROLLCALL_TEST_SEED if it is set, else a new one. Printed with each use, so that a failure can be
// repeated.
[[nodiscard]] std::uint64_t seed();

}  // namespace rollcall::tests
