#pragma once
// The control messages of streams: docs/protocol.md.

#include <rollcall/codec/buffer.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace rollcall::rpc {

inline constexpr std::string_view kDataMethod = "$/data";
inline constexpr std::string_view kCreditMethod = "$/credit";
inline constexpr std::string_view kEndMethod = "$/end";

// Which stream of a connection is meant: ids are those of requests, and either side may have sent
// one of the same number.
struct StreamKey {
    bool ours = false;  // this side has opened it
    std::uint32_t id = 0;

    friend bool operator==(const StreamKey&, const StreamKey&) = default;

    struct Hash {
        [[nodiscard]] std::size_t operator()(const StreamKey& key) const noexcept {
            return (std::size_t{key.ours} << 32U) | key.id;
        }
    };
};

// What `$/data` adds to the bytes it carries, at most.
inline constexpr std::size_t kDataHeadBytes = 24;

void write_stream_data(codec::Buffer& out, const StreamKey& key, codec::Bytes bytes);
void write_stream_credit(codec::Buffer& out, const StreamKey& key, std::uint64_t bytes);
// Of one that this side has opened.
void write_stream_end(codec::Buffer& out, std::uint32_t id);

// One of them, as it was read. `key` is as this side sees it.
struct StreamMessage {
    enum class Kind { data, credit, end, broken };

    Kind kind = Kind::broken;  // broken: the rest cannot be read
    StreamKey key;
    codec::Bytes data;
    std::uint64_t credit = 0;
};

// Whether a notification of this method is one of them.
[[nodiscard]] bool is_stream_message(codec::Bytes method) noexcept;

// Nothing if it does not say which stream it is about.
[[nodiscard]] std::optional<StreamMessage> read_stream_message(
    codec::Bytes method, codec::Bytes params
);

}  // namespace rollcall::rpc
