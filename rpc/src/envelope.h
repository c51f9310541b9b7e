#pragma once
// The trailing map of a message: what travels beside method, params and result.

#include <rollcall/base/clock.h>
#include <rollcall/base/error.h>
#include <rollcall/codec/buffer.h>
#include <rollcall/rpc/metadata.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace rollcall::rpc {

// Names of one byte are the protocol's, all others the users'. Absent from the wire when empty.
struct Envelope {
    // "t": how long the caller goes on waiting, in ms.
    std::optional<std::uint64_t> budget_ms;
    // "s": the request opens a stream; the sides that send, as in StreamSides. 0: it opens none.
    std::uint8_t stream = 0;
    Metadata metadata;
};

// Reads one packed map to an empty envelope. Unknown names of one byte, names that are no text and
// values of other types than expected are passed over. More metadata than the limit is what is
// wrong (invalid_request).
[[nodiscard]] std::optional<Error> read_envelope(codec::Bytes map, Envelope& to);

// The bytes of what write_envelope() writes; 0 if there is nothing to say.
[[nodiscard]] std::size_t envelope_size(
    const std::optional<std::uint64_t>& budget_ms, const Metadata& metadata, std::uint8_t stream = 0
);

void write_envelope(
    codec::Buffer& out,
    const std::optional<std::uint64_t>& budget_ms,
    const Metadata& metadata,
    std::uint8_t stream = 0
);

// What is left, rounded up: a caller who waits is never told to be gone.
[[nodiscard]] std::uint64_t budget_ms(Duration remaining);

}  // namespace rollcall::rpc
