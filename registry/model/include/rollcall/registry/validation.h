#pragma once
// What the registry accepts as an instance. Both sides use it, so that a registrar fails at once
// and with the same sentence that the registry would answer.

#include <rollcall/base/result.h>
#include <rollcall/registry/instance.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace rollcall::registry {

inline constexpr std::size_t kMaxServiceNameBytes = 64;
inline constexpr std::size_t kMaxIdBytes = 255;    // also of the header protocol's address text
inline constexpr std::size_t kMaxLabelBytes = 64;  // version, zone and incarnation
inline constexpr std::size_t kMaxSchemeBytes = 16;
inline constexpr std::size_t kMaxMetaKeys = 64;
inline constexpr std::size_t kMaxMetaKeyBytes = 128;
inline constexpr std::size_t kMaxMetaValueBytes = 1024;
inline constexpr std::size_t kMaxTags = 64;
inline constexpr std::size_t kMaxTagBytes = 128;
inline constexpr std::size_t kMaxEurekaBytes = 8 * 1024;  // of what only the Eureka face knows
inline constexpr int kMaxWeight = 10'000;  // the smallest is 0: listed, but chosen last

// What a registry may be configured to accept. The defaults are those of rollcall-registry.
struct InstanceLimits {
    std::chrono::milliseconds ttl_min = std::chrono::seconds{2};
    std::chrono::milliseconds ttl_max = std::chrono::seconds{600};
};

// For those who only read, or ask: which leases a registry grants is its own business. The year is
// there so that nobody's arithmetic overflows.
inline constexpr InstanceLimits kAnyLease{
    std::chrono::milliseconds{0}, std::chrono::hours{365 * 24}};

// The name in lower case, as it is stored; an invalid_argument error if it is not one to 64 of
// the characters A-Z a-z 0-9 . _ - and not just "." or "..", which in a URL are other places.
[[nodiscard]] Result<std::string> normalized_service(std::string_view name);

// Whether a registry may keep this instance. Sizes, characters, address, port, weight; the lease
// is checked if it is given (not 0). The error is invalid_argument and names the field, what is
// wrong with it and what is allowed.
[[nodiscard]] Result<void> validate(const Instance& instance, const InstanceLimits& limits = {});

// True for valid UTF-8 without control characters (U+0000-001F, U+007F-009F).
[[nodiscard]] bool is_clean_text(std::string_view text) noexcept;

}  // namespace rollcall::registry
