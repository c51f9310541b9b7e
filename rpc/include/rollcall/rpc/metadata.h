#pragma once
// What travels beside the arguments and the result of a call: "tenant" = "blue".

#include <rollcall/codec/buffer.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace rollcall::rpc {

// Texts by name, in the order in which they were set. Names have 2 to 128 bytes: those of one byte
// are the protocol's own. All names and values together have at most kMaxBytes, each pair counted
// with 8 bytes more. It is kept as it travels, one text behind the other, so that reading, sending
// and copying it are single steps. A class with constructors, so that it may stand in co_await
// expressions. Thread safety: as a std::string.
class Metadata {
public:
    static constexpr std::size_t kMaxBytes = 8192;
    static constexpr std::size_t kMinNameBytes = 2;
    static constexpr std::size_t kMaxNameBytes = 128;

    // Valid until the metadata changes.
    struct Pair {
        std::string_view name;
        std::string_view value;
    };

    class Iterator;

    Metadata() = default;
    Metadata(const Metadata& other);
    Metadata& operator=(const Metadata& other);

    Metadata(Metadata&& other) noexcept
        : packed_(std::move(other.packed_)),
          pairs_(std::exchange(other.pairs_, 0)),
          counted_(std::exchange(other.counted_, 0)) {}

    Metadata& operator=(Metadata&& other) noexcept {
        packed_ = std::move(other.packed_);
        pairs_ = std::exchange(other.pairs_, 0);
        counted_ = std::exchange(other.counted_, 0);
        return *this;
    }

    ~Metadata() = default;

    // Sets or replaces; the texts may be what find() has given. Throws std::length_error, and
    // changes nothing, beyond a limit.
    void set(std::string_view name, std::string_view value);

    // What is not there is no error.
    void erase(std::string_view name);

    // Whether a new pair would be within the limits.
    [[nodiscard]] bool has_room(std::string_view name, std::string_view value) const noexcept;

    // Nothing if there is none of this name. Valid until the metadata changes.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

    [[nodiscard]] bool contains(std::string_view name) const noexcept {
        return find(name).has_value();
    }

    [[nodiscard]] bool empty() const noexcept { return packed_.empty(); }

    [[nodiscard]] std::size_t size() const noexcept { return pairs_; }

    // What it costs this process.
    [[nodiscard]] std::size_t memory_bytes() const noexcept { return packed_.capacity(); }

    [[nodiscard]] Iterator begin() const noexcept;
    [[nodiscard]] Iterator end() const noexcept;

    // For those who write messages: the pairs of a MessagePack map, without its head.
    [[nodiscard]] codec::Bytes packed() const noexcept { return packed_.view(); }

    // For those who read messages: memory for that many packed bytes at once.
    void reserve(std::size_t bytes) { static_cast<void>(packed_.room(bytes)); }

    // The same pairs in the same order.
    friend bool operator==(const Metadata& a, const Metadata& b) noexcept {
        return a.packed_.view() == b.packed_.view();
    }

private:
    // Where a pair is in packed_.
    struct Place {
        std::size_t at;
        std::size_t bytes;
        Pair pair;
    };

    [[nodiscard]] std::optional<Place> place_of(std::string_view name) const noexcept;
    [[nodiscard]] bool owns(std::string_view text) const noexcept;
    // Puts another pair, or none, in the place of one.
    void replace(const Place& place, codec::Bytes with);

    codec::Buffer packed_;
    std::uint32_t pairs_ = 0;
    std::uint32_t counted_ = 0;  // against kMaxBytes
};

// Goes over the pairs of one metadata, which must not change meanwhile.
class Metadata::Iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Pair;
    using difference_type = std::ptrdiff_t;
    using pointer = const Pair*;
    using reference = const Pair&;

    Iterator() = default;

    [[nodiscard]] const Pair& operator*() const noexcept { return pair_; }

    [[nodiscard]] const Pair* operator->() const noexcept { return &pair_; }

    Iterator& operator++() noexcept {
        at_ = next_;
        read();
        return *this;
    }

    Iterator operator++(int) noexcept {
        const Iterator before = *this;
        ++*this;
        return before;
    }

    friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.at_ == b.at_; }

private:
    friend class Metadata;

    Iterator(const char* at, const char* end) noexcept : at_(at), next_(at), end_(end) { read(); }

    void read() noexcept;

    const char* at_ = nullptr;
    const char* next_ = nullptr;
    const char* end_ = nullptr;
    Pair pair_;
};

inline Metadata::Iterator Metadata::begin() const noexcept {
    return {packed_.data(), packed_.data() + packed_.size()};
}

inline Metadata::Iterator Metadata::end() const noexcept {
    const char* const end = packed_.data() + packed_.size();
    return {end, end};
}

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
