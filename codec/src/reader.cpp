#include <rollcall/codec/reader.h>

namespace rollcall::codec {
namespace {

// The value of an integer of either sign, as the bits of a 64-bit integer, and its sign.
struct Integer {
    std::uint64_t bits;
    bool negative;
};

Integer integer_at(const char* at, const Format& format) {
    const auto first = static_cast<unsigned char>(*at);
    if (format.fixed_payload == 0) {
        if (format.kind == Kind::positive) return {first, false};
        return {
            static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int8_t>(first))),
            true};
    }
    const std::uint64_t raw = load_big_endian(at + 1, format.fixed_payload);
    if (format.kind == Kind::positive) return {raw, false};
    const unsigned shift = 64U - 8U * format.fixed_payload;
    const std::int64_t extended = static_cast<std::int64_t>(raw << shift) >> shift;
    return {static_cast<std::uint64_t>(extended), extended < 0};
}

bool is_integer(Kind kind) {
    return kind == Kind::positive || kind == Kind::negative;
}

}  // namespace

std::uint64_t Reader::count_at(const Format& format) const {
    return format.length_bytes == 0 ? format.inline_count
                                    : load_big_endian(at_ + 1, format.length_bytes);
}

bool Reader::read_nil() {
    if (kind() != Kind::nil) return false;
    ++at_;
    return true;
}

std::optional<bool> Reader::read_bool() {
    if (kind() != Kind::boolean) return std::nullopt;
    return *at_++ == '\xc3';
}

std::optional<std::uint64_t> Reader::read_unsigned() {
    if (!is_integer(kind())) return std::nullopt;
    const Format& format = format_of(*at_);
    const Integer value = integer_at(at_, format);
    if (value.negative) return std::nullopt;
    at_ += 1 + format.fixed_payload;
    return value.bits;
}

std::optional<std::int64_t> Reader::read_signed() {
    if (!is_integer(kind())) return std::nullopt;
    const Format& format = format_of(*at_);
    const Integer value = integer_at(at_, format);
    if (!value.negative && value.bits > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    at_ += 1 + format.fixed_payload;
    return static_cast<std::int64_t>(value.bits);
}

std::optional<double> Reader::read_double() {
    if (is_integer(kind())) {
        const Format& format = format_of(*at_);
        const Integer value = integer_at(at_, format);
        at_ += 1 + format.fixed_payload;
        return value.negative ? static_cast<double>(static_cast<std::int64_t>(value.bits))
                              : static_cast<double>(value.bits);
    }
    if (kind() != Kind::floating) return std::nullopt;
    const unsigned bytes = format_of(*at_).fixed_payload;
    const std::uint64_t raw = load_big_endian(at_ + 1, bytes);
    at_ += 1 + bytes;
    if (bytes == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(raw));
    return std::bit_cast<double>(raw);
}

std::optional<Bytes> Reader::read_text() {
    if (kind() != Kind::str && kind() != Kind::bin) return std::nullopt;
    const Format& format = format_of(*at_);
    const std::uint64_t length = count_at(format);
    const char* payload = at_ + 1 + format.length_bytes;
    at_ = payload + length;
    return Bytes{payload, static_cast<std::size_t>(length)};
}

std::optional<std::uint32_t> Reader::read_array() {
    if (kind() != Kind::array) return std::nullopt;
    const Format& format = format_of(*at_);
    const std::uint64_t count = count_at(format);
    at_ += 1 + format.length_bytes;
    return static_cast<std::uint32_t>(count);
}

std::optional<std::uint32_t> Reader::read_map() {
    if (kind() != Kind::map) return std::nullopt;
    const Format& format = format_of(*at_);
    const std::uint64_t count = count_at(format);
    at_ += 1 + format.length_bytes;
    return static_cast<std::uint32_t>(count);
}

Bytes Reader::skip() {
    const char* begin = at_;
    // Counting what is owed instead of recursing: depth costs nothing.
    for (std::uint64_t owed = 1; owed > 0 && at_ < end_; --owed) {
        const Format& format = format_of(*at_);
        const std::uint64_t count = count_at(format);
        at_ += 1 + format.length_bytes;
        if (format.kind == Kind::array) {
            owed += count;
        } else if (format.kind == Kind::map) {
            owed += 2 * count;
        } else {
            at_ += count + format.fixed_payload;
        }
    }
    return {begin, static_cast<std::size_t>(at_ - begin)};
}

std::string Reader::describe() const {
    Reader copy = *this;
    switch (kind()) {
        case Kind::invalid:
            return "nothing";
        case Kind::nil:
            return "nil";
        case Kind::boolean:
            return *copy.read_bool() ? "bool true" : "bool false";
        case Kind::positive:
        case Kind::negative: {
            if (const auto value = copy.read_signed()) return "int " + std::to_string(*value);
            return "int " + std::to_string(copy.read_unsigned().value_or(0));
        }
        case Kind::floating:
            return "float " + std::to_string(copy.read_double().value_or(0));
        case Kind::str:
            return "string";
        case Kind::bin:
            return "binary";
        case Kind::ext:
            return "ext";
        case Kind::array:
            return "array of " + std::to_string(copy.read_array().value_or(0));
        case Kind::map:
            return "map of " + std::to_string(copy.read_map().value_or(0));
    }
    return "nothing";
}

}  // namespace rollcall::codec
