#include <rollcall/codec/format.h>
#include <rollcall/codec/timestamp.h>

namespace rollcall::codec {
namespace {

constexpr std::uint32_t kMaxNanoseconds = 999'999'999;
constexpr unsigned kSecondsBits = 34;  // of the seconds in the 8-byte form

void store_big_endian(char* to, unsigned bytes, std::uint64_t value) {
    for (unsigned i = 0; i < bytes; ++i)
        to[i] = static_cast<char>(value >> (8U * (bytes - 1 - i)));
}

}  // namespace

TimestampPayload encode_timestamp(Timestamp timestamp) {
    TimestampPayload payload;
    const auto seconds = static_cast<std::uint64_t>(timestamp.seconds);
    const std::uint64_t nanoseconds = timestamp.nanoseconds;
    if (seconds >> 32U == 0 && nanoseconds == 0) {
        store_big_endian(payload.bytes.data(), 4, seconds);
        payload.size = 4;
    } else if (seconds >> kSecondsBits == 0) {
        store_big_endian(payload.bytes.data(), 8, nanoseconds << kSecondsBits | seconds);
        payload.size = 8;
    } else {
        store_big_endian(payload.bytes.data(), 4, nanoseconds);
        store_big_endian(payload.bytes.data() + 4, 8, seconds);
        payload.size = 12;
    }
    return payload;
}

std::optional<Timestamp> decode_timestamp(Bytes payload) {
    std::uint64_t seconds = 0;
    std::uint64_t nanoseconds = 0;
    switch (payload.size()) {
        case 4:
            seconds = load_big_endian(payload.data(), 4);
            break;
        case 8: {
            const std::uint64_t both = load_big_endian(payload.data(), 8);
            nanoseconds = both >> kSecondsBits;
            seconds = both & ((std::uint64_t{1} << kSecondsBits) - 1);
            break;
        }
        case 12:
            nanoseconds = load_big_endian(payload.data(), 4);
            seconds = load_big_endian(payload.data() + 4, 8);
            break;
        default:
            return std::nullopt;
    }
    if (nanoseconds > kMaxNanoseconds) return std::nullopt;
    return Timestamp{static_cast<std::int64_t>(seconds), static_cast<std::uint32_t>(nanoseconds)};
}

void pack_timestamp(Buffer& out, Timestamp timestamp) {
    const TimestampPayload payload = encode_timestamp(timestamp);
    if (payload.size == 12) {
        out.append("\xc7\x0c", 2);
    } else {
        out.push_back(payload.size == 4 ? '\xd6' : '\xd7');
    }
    out.push_back(static_cast<char>(kTimestampType));
    out.append(payload.bytes.data(), payload.size);
}

std::optional<Timestamp> read_timestamp(Bytes value) {
    if (value.empty() || format_of(value.front()).kind != Kind::ext) return std::nullopt;
    const std::size_t type_at = std::size_t{1} + format_of(value.front()).length_bytes;
    if (value[type_at] != static_cast<char>(kTimestampType)) return std::nullopt;
    return decode_timestamp(value.substr(type_at + 1));
}

}  // namespace rollcall::codec
