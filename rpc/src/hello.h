#pragma once
// The reserved methods with which two Rollcall peers agree on more than plain MessagePack-RPC.
// The wire is specified in docs/protocol.md.

#include <rollcall/codec/buffer.h>

#include "feature_set.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::rpc {

inline constexpr std::string_view kHelloMethod = "$/hello";
inline constexpr std::string_view kGoawayMethod = "$/goaway";
inline constexpr std::string_view kCancelMethod = "$/cancel";
inline constexpr std::string_view kPingMethod = "$/ping";
inline constexpr std::string_view kMethodsMethod = "$/methods";
inline constexpr std::string_view kReservedPrefix = "$/";

// What either side says about itself. Unknown keys are ignored, absent ones keep these defaults.
struct Hello {
    std::uint64_t version = 1;
    Features features;                    // that the sender understands
    std::uint64_t max_message_bytes = 0;  // 0: not said
    std::string name;
    std::string token;  // of a client only
    // Bytes of each new stream that the sender takes before it gives more credit.
    std::uint64_t stream_window = 0;
};

// <method><params> of the request.
void write_hello_request_body(codec::Buffer& out, const Hello& hello);
// The map alone: the result of the request.
void write_hello_map(codec::Buffer& out, const Hello& hello);

// Nothing if the bytes are no hello.
[[nodiscard]] std::optional<Hello> read_hello_map(codec::Bytes map);
[[nodiscard]] std::optional<Hello> read_hello_params(codec::Bytes params);

// `$/goaway [reason, grace_ms, last_id]`: requests with ids after last_id have not been executed
// and never will be on this connection; without last_id, none has been.
struct Goaway {
    std::string reason;
    std::uint64_t grace_ms = 0;
    std::optional<std::uint32_t> last_id;
};

void write_goaway(codec::Buffer& out, const Goaway& goaway);
[[nodiscard]] std::optional<Goaway> read_goaway(codec::Bytes params);

// `$/cancel [id]`: nobody waits for the reply to this request any more.
void write_cancel(codec::Buffer& out, std::uint32_t id);
[[nodiscard]] std::optional<std::uint32_t> read_cancel(codec::Bytes params);

}  // namespace rollcall::rpc
