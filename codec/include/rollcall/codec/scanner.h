#pragma once
// Finds the end of a MessagePack value in a stream, without allocating and without recursion.

#include <rollcall/codec/limits.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace rollcall::codec {

enum class ScanStatus {
    need_more,  // so far valid, not at its end
    complete,   // size() bytes are one whole value
    too_large,  // a header promises more than Limits::max_message_bytes
    too_deep,   // nested deeper than Limits::max_depth
    invalid,    // the byte 0xc1, which MessagePack never uses
};

// Restartable: scan() is called again with the same bytes and more behind them, and goes on where
// it stopped. The rule that makes hostile headers harmless: every element that an open container
// still owes costs at least one byte, so a value whose scanned bytes plus owed elements exceed the
// limit is refused at the header that says so. Each header costs constant time.
// Thread safety: one thread at a time.
class Scanner {
public:
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): see remaining_
    explicit Scanner(const Limits& limits) : limits_(limits) {}

    // `data` is the start of the value, of which `available` bytes are here.
    [[nodiscard]] ScanStatus scan(const char* data, std::size_t available);

    // After complete: the bytes of the value.
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(position_); }

    // After need_more: the least number of bytes that the whole value has.
    [[nodiscard]] std::size_t needed() const { return static_cast<std::size_t>(position_ + owed_); }

private:
    // False if it is nested too deeply.
    [[nodiscard]] bool open(std::uint64_t children);
    void close_element();

    Limits limits_;
    std::uint64_t position_ = 0;  // where the next header starts; may lie beyond what is here
    std::uint64_t owed_ = 1;      // elements promised by open containers, not yet begun
    std::size_t depth_ = 0;
    // Elements still to come of each open container; only [0, depth_) is initialised.
    std::array<std::uint64_t, kMaxDepth> remaining_;
};

}  // namespace rollcall::codec
