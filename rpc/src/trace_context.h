#pragma once
// The two texts of W3C Trace Context, https://www.w3.org/TR/trace-context/. Pure.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::rpc {

// A `traceparent` of version 00.
inline constexpr std::size_t kTraceParentBytes = 55;

// Views of the text.
struct TraceParent {
    std::string_view trace_id;   // 32 digits
    std::string_view parent_id;  // 16 digits
    bool sampled = false;
};

// Nothing if the text is not as the recommendation says. What a later version adds behind is passed
// over.
[[nodiscard]] std::optional<TraceParent> read_trace_parent(std::string_view text) noexcept;

// Version 00, whatever came. `span_id` has 16 digits and `trace_id` 32.
[[nodiscard]] std::array<char, kTraceParentBytes> write_trace_parent(
    std::string_view trace_id, std::string_view span_id, bool sampled
) noexcept;

// The members of a `tracestate`, without blanks and empty ones, within 512 characters: members of
// more than 128 are left out first, then those at the end. Nothing if it is not as the
// recommendation says: more than 32 members, a key that is repeated or malformed.
[[nodiscard]] std::optional<std::string> read_trace_state(std::string_view text);

}  // namespace rollcall::rpc
