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
    [[nodiscard]] Bytes skip();

    // For error texts: "string", "nil", "int -5", "array of 3". Does not move.
    [[nodiscard]] std::string describe() const;

private:
    [[nodiscard]] std::uint64_t count_at(const Format& format) const;

    const char* at_;
    const char* end_;
};

}  // namespace rollcall::codec
