#pragma once

// Whether what is tested is what users get: times and sizes are promised for that alone.

namespace rollcall::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

#ifdef NDEBUG
inline constexpr bool kAsDelivered = !kSanitized;
#else
inline constexpr bool kAsDelivered = false;
#endif

}  // namespace rollcall::tests
