#pragma once
// Finds the end of a MessagePack value in a stream, without allocating and without recursion.

#include <rollcall/codec/limits.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

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
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): see outer_
    explicit Scanner(const Limits& limits) : limits_(limits) {}

    // `data` is the start of the value, of which `available` bytes are here.
    [[nodiscard]] ScanStatus scan(const char* data, std::size_t available);

    // After complete: the bytes of the value.
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(place_.position); }

    // After need_more: the least number of bytes that the whole value has.
    [[nodiscard]] std::size_t needed() const {
        return static_cast<std::size_t>(place_.position + place_.owed);
    }

private:
    struct Place {
        std::uint64_t position = 0;  // where the next header starts; may lie beyond what is here
        std::uint64_t owed = 1;      // elements promised by open containers, not yet begun
        std::uint64_t left = 1;      // of them, those of the innermost container
        std::size_t depth = 0;       // of the open containers
    };

    // Behind one header; or what ends the scan there.
    struct Step {
        Place place;
        std::optional<ScanStatus> end;
    };

    // A header of several bytes, or of a container.
    [[nodiscard]] Step look_at(const char* header, std::size_t available, Place at);

    Limits limits_;
    Place place_;
    // What was left of the containers around each open one; only [0, depth) is initialised.
    std::array<std::uint64_t, kMaxDepth> outer_;
};

}  // namespace rollcall::codec
