#pragma once
// A method with its arguments: a value that can be kept, copied, retried and sent to many.

#include <rollcall/base/clock.h>
#include <rollcall/base/deadline.h>
#include <rollcall/base/hash.h>
#include <rollcall/codec/arguments.h>
#include <rollcall/rpc/metadata.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rollcall::rpc {

// The untyped part: method and params already packed as they go on the wire, so that no argument
// is referenced after the expression that made it. Small ones are held inline; larger ones are
// shared, so that copies (broadcast, retries) cost nothing and sending does not copy them again.
// A class with constructors, not an aggregate: it stands in co_await expressions (docs/hacking.md).
// Thread safety: as an int.
class PackedInvocation {
public:
    // What packing a user's type throws comes out here.
    template <class... Args>
    [[nodiscard]] static PackedInvocation pack(std::string_view method, const Args&... arguments) {
        codec::Buffer bytes = take_scratch();
        codec::pack_str(bytes, method);
        codec::pack_arguments(bytes, arguments...);
        return PackedInvocation{std::move(bytes)};
    }

    // `params` must be one packed array.
    [[nodiscard]] static PackedInvocation with_packed_params(
        std::string_view method, codec::Bytes params
    );

    [[nodiscard]] std::string_view method() const;

    // <method><params>: a request without its head.
    [[nodiscard]] codec::Bytes body() const noexcept {
        return large_ ? large_->view() : codec::Bytes{small_.data(), small_size_};
    }

    // The body if it is held apart, else null.
    [[nodiscard]] const std::shared_ptr<const codec::Buffer>& large_body() const noexcept {
        return large_;
    }

    // The longest the call may take; zero for the client's default.
    [[nodiscard]] Duration timeout() const noexcept { return timeout_; }

    // Whether executing it twice does no harm.
    [[nodiscard]] bool is_idempotent() const noexcept { return idempotent_; }

    // The hash of its key, if it has one.
    [[nodiscard]] std::optional<std::uint64_t> key() const noexcept { return key_; }

    // What travels beside the params; empty for most.
    [[nodiscard]] const Metadata& metadata() const noexcept { return metadata_; }

    // Where the reply's metadata goes, or null.
    [[nodiscard]] const ReplyMetadata* reply_metadata() const noexcept {
        return reply_metadata_.get();
    }

    // Whether the server must hear of its metadata or its deadline: it waits until the server is
    // known to understand them.
    [[nodiscard]] bool awaits_hello() const noexcept { return awaits_hello_ || needs_metadata_; }

    // Whether it cannot be sent to a server that does not understand metadata.
    [[nodiscard]] bool needs_metadata() const noexcept { return needs_metadata_; }

    // For those who open streams: the server must be known to speak them.
    void await_hello() noexcept { awaits_hello_ = true; }

    // For those who make calls of calls: the longest that one attempt may take.
    void limit_attempt(Duration timeout) noexcept { timeout_ = timeout; }

    [[nodiscard]] PackedInvocation limited(Duration timeout) const {
        PackedInvocation one = *this;
        one.limit_attempt(timeout);
        return one;
    }

    // For layers. What is set is needed: the call cannot be sent to a server that does not
    // understand it. What is offered such a server does not get; neither does anybody if there is
    // no room.
    void set_metadata(std::string_view name, std::string_view value);
    void offer_metadata(std::string_view name, std::string_view value);

    void remove_metadata(std::string_view name) { metadata_.erase(name); }

    // Takes over from the handler that runs on this thread, if one does, what calls inherit: its
    // trace and its request id. Its deadline is earlier than `deadline`: that one.
    [[nodiscard]] Deadline inherit(Deadline deadline);

protected:
    void set_timeout(Duration timeout) noexcept {
        timeout_ = timeout;
        awaits_hello_ = true;
    }

    void set_reply_metadata(const ReplyMetadata& reply) {
        reply_metadata_ = std::make_shared<const ReplyMetadata>(reply);
    }

    void set_idempotent() noexcept { idempotent_ = true; }

    void set_key(std::string_view key) noexcept { key_ = stable_hash(key); }

private:
    static constexpr std::size_t kSmallBytes = 90;

    explicit PackedInvocation(codec::Buffer&& bytes);
    // This thread's spare buffer, so that packing small invocations does not allocate.
    [[nodiscard]] static codec::Buffer take_scratch();

    Duration timeout_{0};
    std::optional<std::uint64_t> key_;
    std::shared_ptr<const codec::Buffer> large_;
    Metadata metadata_;
    std::shared_ptr<const ReplyMetadata> reply_metadata_;  // null for most
    bool idempotent_ = false;
    bool awaits_hello_ = false;
    bool needs_metadata_ = false;
    std::uint8_t small_size_ = 0;
    std::array<char, kSmallBytes> small_;  // only [0, small_size_) is ever read
};

// An invocation whose reply is an R.
template <class R>
class [[nodiscard]] Invocation : public PackedInvocation {
public:
    static_assert(
        !codec::is_view<R>, "a result must own its bytes: use std::string instead of a view"
    );

    explicit Invocation(PackedInvocation packed) : PackedInvocation(std::move(packed)) {}

    // The call must be over after this time, everything included: name resolution, connecting,
    // queueing, sending and the reply. Zero or less means it is over already.
    [[nodiscard]] Invocation&& within(Duration timeout) && {
        set_timeout(timeout > Duration::zero() ? timeout : Duration{1});
        return std::move(*this);
    }

    [[nodiscard]] Invocation within(Duration timeout) const& {
        return Invocation{*this}.within(timeout);
    }

    // Metadata of this call, which the handler finds in its Context: with("tenant", "blue"). Throws
    // std::length_error beyond the limits of Metadata. A server that does not speak the extension
    // gets nothing of it: the call fails, not sent.
    [[nodiscard]] Invocation&& with(std::string_view name, std::string_view value) && {
        set_metadata(name, value);
        return std::move(*this);
    }

    [[nodiscard]] Invocation with(std::string_view name, std::string_view value) const& {
        return Invocation{*this}.with(name, value);
    }

    // The metadata of the reply is to be found there afterwards.
    [[nodiscard]] Invocation&& metadata_to(const ReplyMetadata& reply) && {
        set_reply_metadata(reply);
        return std::move(*this);
    }

    [[nodiscard]] Invocation metadata_to(const ReplyMetadata& reply) const& {
        return Invocation{*this}.metadata_to(reply);
    }

    // Executing it twice does no harm: it may be retried although it may have been executed.
    [[nodiscard]] Invocation&& idempotent() && {
        set_idempotent();
        return std::move(*this);
    }

    [[nodiscard]] Invocation idempotent() const& { return Invocation{*this}.idempotent(); }

    // What the call is about ("user-17"), for those who choose among several servers by it. It is
    // not sent.
    [[nodiscard]] Invocation&& keyed(std::string_view key) && {
        set_key(key);
        return std::move(*this);
    }

    [[nodiscard]] Invocation keyed(std::string_view key) const& {
        return Invocation{*this}.keyed(key);
    }
};

// An invocation by name: invoke<int>("add", 1, 2).
template <class R, class... Args>
[[nodiscard]] Invocation<R> invoke(std::string_view method, const Args&... arguments) {
    return Invocation<R>{PackedInvocation::pack(method, arguments...)};
}

}  // namespace rollcall::rpc
