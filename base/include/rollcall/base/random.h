#pragma once
// Randomness for choosing, jitter and nonces. Not for secrets.

#include <cstdint>
#include <string>

namespace rollcall {

// A 64-bit number from this thread's generator, which is seeded by the system.
// Thread safety: any thread.
[[nodiscard]] std::uint64_t random_u64();

// In [0, bound); 0 if bound is 0.
[[nodiscard]] std::uint64_t random_below(std::uint64_t bound);

// In [0, 1).
[[nodiscard]] double random_unit();

// 16 hexadecimal digits: a nonce of this process or of one registration.
[[nodiscard]] std::string random_nonce();

}  // namespace rollcall
