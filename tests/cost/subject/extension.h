#pragma once
// What peers by hand say, so that Rollcall speaks to them as to Rollcall: with deadlines.

#include <rollcall/codec/pack.h>

#include <cstdint>
#include <string_view>

namespace rollcall::tests {

// The map of a hello with all features; docs/protocol.md.
inline void write_hello(codec::Buffer& out) {
    codec::pack_map_head(out, 3);
    codec::pack_str(out, "v");
    codec::pack_unsigned(out, 1);
    codec::pack_str(out, "max_msg");
    codec::pack_unsigned(out, 16U << 20U);
    codec::pack_str(out, "feat");
    codec::pack_array_head(out, 5);
    for (const std::string_view feature : {"goaway", "meta", "errors", "cancel", "streams"})
        codec::pack_str(out, feature);
}

// The metadata of a request whose caller goes on waiting for so long.
inline void write_deadline(codec::Buffer& out, std::uint32_t milliseconds) {
    codec::pack_map_head(out, 1);
    codec::pack_str(out, "t");
    codec::pack_unsigned(out, milliseconds);
}

}  // namespace rollcall::tests
