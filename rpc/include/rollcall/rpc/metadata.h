#pragma once
// What travels beside the arguments and the result of a call: "tenant" = "blue".

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::rpc {

// Texts by name, in the order in which they were set. Names have 2 to 128 bytes: those of one byte
// are the protocol's own. All names and values together have at most kMaxBytes, each pair counted
// with 8 bytes more. A class with constructors, so that it may stand in co_await expressions.
// Thread safety: as a std::string.
class Metadata {
public:
    static constexpr std::size_t kMaxBytes = 8192;
    static constexpr std::size_t kMinNameBytes = 2;
    static constexpr std::size_t kMaxNameBytes = 128;

    using Pair = std::pair<std::string, std::string>;

    Metadata() = default;

    // Sets or replaces. Throws std::length_error, and changes nothing, beyond a limit.
    void set(std::string_view name, std::string_view value);

    // What is not there is no error.
    void erase(std::string_view name);

    // Whether a new pair would be within the limits.
    [[nodiscard]] bool has_room(std::string_view name, std::string_view value) const noexcept;

    // Null if there is none of this name. Valid until the next set().
    [[nodiscard]] const std::string* find(std::string_view name) const;

    [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }

    [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }

    // What it costs this process, which may be many times its bytes on the wire.
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

    [[nodiscard]] auto begin() const noexcept { return pairs_.begin(); }

    [[nodiscard]] auto end() const noexcept { return pairs_.end(); }

    friend bool operator==(const Metadata&, const Metadata&) = default;

private:
    std::vector<Pair> pairs_;
    std::size_t bytes_ = 0;
};

// The names that calls which a handler makes take over from the call it answers, unless they name
// their own: who a call is for is known along a whole chain.
inline constexpr std::string_view kTraceParent = "traceparent";  // W3C Trace Context
inline constexpr std::string_view kTraceState = "tracestate";
inline constexpr std::string_view kRequestId = "request-id";

// Where a caller finds the metadata of the reply:
//
//     rpc::ReplyMetadata seen;
//     client.call(greet("x").metadata_to(seen));
//     seen.get().find("served-by");
//
// A handle; copies share what they refer to. Of several attempts at one call the last reply counts.
// Thread safety: any thread.
class ReplyMetadata {
public:
    ReplyMetadata();

    // What has come so far; empty before the reply.
    [[nodiscard]] Metadata get() const;

    void set(Metadata metadata) const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace rollcall::rpc
