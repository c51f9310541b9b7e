#include <rollcall/codec/reader.h>

namespace rollcall::codec {
namespace {

bool is_integer(Kind kind) {
    return kind == Kind::positive || kind == Kind::negative;
}

}  // namespace

bool Reader::read_nil() {
    if (kind() != Kind::nil) return false;
    ++at_;
    return true;
}

std::optional<bool> Reader::read_bool() {
    if (kind() != Kind::boolean) return std::nullopt;
    return *at_++ == '\xc3';
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

Bytes Reader::skip_long() {
    const char* begin = at_;
    // Counting what is owed instead of recursing: depth costs nothing.
    for (std::uint64_t owed = 1; owed > 0 && at_ < end_; --owed) {
        if (const std::size_t whole = whole_size_of(*at_); whole > 0) {
            at_ += whole;
            continue;
        }
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
