#pragma once
// The messages of streams, as a peer of bytes writes them.

#include "codec/hex.h"
#include "hello.h"
#include "server_harness.h"
#include "stream_messages.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::rpc::tests {

// All features but errors that are no strings.
[[nodiscard]] inline Features with_plain_errors() {
    Features features;
    for (const Feature each :
         {Feature::goaway, Feature::metadata, Feature::cancel, Feature::streams})
        features.add(each);
    return features;
}

[[nodiscard]] inline std::string stream_hello(
    std::uint64_t window, Features features = with_plain_errors()
) {
    Hello mine;
    mine.features = features;
    mine.stream_window = window;
    codec::Buffer out;
    codec::write_request_head(out, 0);
    write_hello_request_body(out, mine);
    return text_of(out);
}

template <class... Args>
[[nodiscard]] inline std::string opening(
    std::uint32_t id, std::string_view method, int sides, const Args&... args
) {
    codec::Buffer out;
    codec::write_request_head(out, id, codec::Shape::with_metadata);
    codec::pack_str(out, method);
    codec::pack_arguments(out, args...);
    codec::pack_map_head(out, 1);
    codec::pack_str(out, "s");
    codec::pack(out, sides);
    return text_of(out);
}

[[nodiscard]] inline std::string data(std::uint32_t id, bool own, std::string_view bytes) {
    codec::Buffer out;
    write_stream_data(out, StreamKey{own, id}, bytes);
    return text_of(out);
}

[[nodiscard]] inline std::string credit(std::uint32_t id, bool own, std::uint64_t bytes) {
    codec::Buffer out;
    write_stream_credit(out, StreamKey{own, id}, bytes);
    return text_of(out);
}

}  // namespace rollcall::rpc::tests
