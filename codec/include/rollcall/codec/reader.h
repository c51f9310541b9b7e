#pragma once
// Walks over values that a Scanner has found whole.

#include <rollcall/codec/buffer.h>
#include <rollcall/codec/format.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rollcall::codec {

// A cursor over complete, scanned bytes: it does not check again that payloads are all there.
// A read that does not fit the value's kind returns nothing and leaves the cursor where it was.
// Thread safety: one thread at a time.
class Reader {
public:
    explicit Reader(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    [[nodiscard]] bool at_end() const { return at_ == end_; }

    [[nodiscard]] Kind kind() const { return at_end() ? Kind::invalid : format_of(*at_).kind; }

    // What is left, unread.
    [[nodiscard]] Bytes rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

    [[nodiscard]] bool read_nil();
    [[nodiscard]] std::optional<bool> read_bool();
    // Any integer encoding whose value is not negative.
    [[nodiscard]] std::optional<std::uint64_t> read_unsigned();
    // Any integer encoding whose value fits.
    [[nodiscard]] std::optional<std::int64_t> read_signed();
    // Floats, doubles, and integers converted.
    [[nodiscard]] std::optional<double> read_double();
    // str or bin: some peers send names as bin, and old ones send bytes as str.
    [[nodiscard]] std::optional<Bytes> read_text();
    // The number of elements; the elements follow.
    [[nodiscard]] std::optional<std::uint32_t> read_array();
    // The number of pairs; key and value of each follow.
    [[nodiscard]] std::optional<std::uint32_t> read_map();

    // Steps over one value, whatever it is, and returns its bytes.
    [[nodiscard]] Bytes skip() {
        const std::size_t whole = at_end() ? 0 : whole_size_of(*at_);
        if (whole == 0) return skip_long();
        const char* const begin = at_;
        at_ += whole;
        return {begin, whole};
    }

    // For error texts: "string", "nil", "int -5", "array of 3". Does not move.
    [[nodiscard]] std::string describe() const;

private:
    // The value of an integer of either sign, as the bits of a 64-bit integer, and its sign.
    struct Integer {
        std::uint64_t bits;
        bool negative;
    };

    // A container, or a value with a length of its own.
    [[nodiscard]] Bytes skip_long();

    // Names and most other texts: 0xa0 to 0xbf, the length included.
    static constexpr unsigned kFirstFixstr = 0xa0;
    static constexpr unsigned kMaxFixstr = 31;

    [[nodiscard]] static Integer integer_at(const char* at, const Format& format);

    [[nodiscard]] std::uint64_t count_at(const Format& format) const {
        return format.length_bytes == 0 ? format.inline_count
                                        : load_big_endian(at_ + 1, format.length_bytes);
    }

    // Of a container of this kind.
    [[nodiscard]] std::optional<std::uint32_t> read_head(Kind kind) {
        if (at_end()) return std::nullopt;
        const Format& format = format_of(*at_);
        if (format.kind != kind) return std::nullopt;
        const std::uint64_t count = count_at(format);
        at_ += 1 + format.length_bytes;
        return static_cast<std::uint32_t>(count);
    }

    const char* at_;
    const char* end_;
};

// ---- here because every message goes through them several times

inline Reader::Integer Reader::integer_at(const char* at, const Format& format) {
    if (format.fixed_payload == 0) {
        const auto value = static_cast<std::int64_t>(static_cast<std::int8_t>(*at));
        return {static_cast<std::uint64_t>(value), value < 0};
    }
    const std::uint64_t raw = load_big_endian(at + 1, format.fixed_payload);
    if (format.kind == Kind::positive) return {raw, false};
    const unsigned shift = 64U - 8U * format.fixed_payload;
    const std::int64_t extended = static_cast<std::int64_t>(raw << shift) >> shift;
    return {static_cast<std::uint64_t>(extended), extended < 0};
}

inline std::optional<std::uint64_t> Reader::read_unsigned() {
    if (at_end()) return std::nullopt;
    const Format& format = format_of(*at_);
    if (format.kind != Kind::positive && format.kind != Kind::negative) return std::nullopt;
    const Integer value = integer_at(at_, format);
    if (value.negative) return std::nullopt;
    at_ += 1 + format.fixed_payload;
    return value.bits;
}

inline std::optional<std::int64_t> Reader::read_signed() {
    if (at_end()) return std::nullopt;
    const Format& format = format_of(*at_);
    if (format.kind != Kind::positive && format.kind != Kind::negative) return std::nullopt;
    const Integer value = integer_at(at_, format);
    if (!value.negative && value.bits > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    at_ += 1 + format.fixed_payload;
    return static_cast<std::int64_t>(value.bits);
}

inline std::optional<Bytes> Reader::read_text() {
    if (at_end()) return std::nullopt;
    const auto first = static_cast<unsigned char>(*at_);
    if (const unsigned length = first - kFirstFixstr; length <= kMaxFixstr) {
        const char* const text = at_ + 1;
        at_ = text + length;
        return Bytes{text, length};
    }
    const Format& format = format_of(*at_);
    if (format.kind != Kind::str && format.kind != Kind::bin) return std::nullopt;
    const std::uint64_t length = count_at(format);
    const char* payload = at_ + 1 + format.length_bytes;
    at_ = payload + length;
    return Bytes{payload, static_cast<std::size_t>(length)};
}

inline std::optional<std::uint32_t> Reader::read_array() {
    return read_head(Kind::array);
}

inline std::optional<std::uint32_t> Reader::read_map() {
    return read_head(Kind::map);
}

}  // namespace rollcall::codec
