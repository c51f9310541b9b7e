#pragma once
// The timestamp extension (ext type -1) <-> std::chrono::system_clock.
// Source: https://github.com/msgpack/msgpack/blob/master/spec.md#timestamp-extension-type

#include <rollcall/codec/buffer.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace rollcall::codec {

inline constexpr std::int8_t kTimestampType = -1;

// Since 1970-01-01 00:00 UTC; nanoseconds count up, also before that day.
struct Timestamp {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;  // at most 999,999,999
};

// The payload of the ext: 4, 8 or 12 bytes, the fewest that hold it.
struct TimestampPayload {
    std::array<char, 12> bytes{};
    std::size_t size = 0;
};

[[nodiscard]] TimestampPayload encode_timestamp(Timestamp timestamp);
// Nothing if it has another size or too many nanoseconds.
[[nodiscard]] std::optional<Timestamp> decode_timestamp(Bytes payload);

// The whole value with its header.
void pack_timestamp(Buffer& out, Timestamp timestamp);
// Nothing if `value`, one scanned value, is no timestamp.
[[nodiscard]] std::optional<Timestamp> read_timestamp(Bytes value);

// A time of the system clock in ticks of a second or less.
template <class Ticks>
using SystemTime = std::chrono::time_point<std::chrono::system_clock, Ticks>;

namespace detail {

template <class Ticks>
constexpr std::int64_t ticks_per_second() {
    static_assert(
        std::is_same_v<typename Ticks::rep, std::int64_t> && Ticks::period::num == 1 &&
            Ticks::period::den <= 1'000'000'000,
        "times on the wire are 64-bit counts of seconds, or of fractions down to nanoseconds"
    );
    return Ticks::period::den;
}

}  // namespace detail

template <class Ticks>
[[nodiscard]] Timestamp to_timestamp(SystemTime<Ticks> time) {
    constexpr std::int64_t kPerSecond = detail::ticks_per_second<Ticks>();
    const std::int64_t ticks = time.time_since_epoch().count();
    std::int64_t seconds = ticks / kPerSecond;
    std::int64_t rest = ticks % kPerSecond;
    if (rest < 0) {
        rest += kPerSecond;
        --seconds;
    }
    return {seconds, static_cast<std::uint32_t>(rest * (1'000'000'000 / kPerSecond))};
}

// False if the clock cannot hold it. Fractions of a tick are cut off.
template <class Ticks>
[[nodiscard]] bool from_timestamp(Timestamp timestamp, SystemTime<Ticks>& time) {
    constexpr std::int64_t kPerSecond = detail::ticks_per_second<Ticks>();
    const std::int64_t rest = timestamp.nanoseconds / (1'000'000'000 / kPerSecond);
    std::int64_t ticks = 0;
    if (__builtin_mul_overflow(timestamp.seconds, kPerSecond, &ticks)) return false;
    if (__builtin_add_overflow(ticks, rest, &ticks)) return false;
    time = SystemTime<Ticks>{Ticks{ticks}};
    return true;
}

}  // namespace rollcall::codec
