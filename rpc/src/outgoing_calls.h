#pragma once
// What this side asks of the peer of a connection: calls in, bytes out; responses in, completions
// out. No I/O.

#include <rollcall/codec/limits.h>
#include <rollcall/codec/message.h>
#include <rollcall/rpc/call.h>

#include "feature_set.h"
#include "pending_calls.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::rpc {

// What is known about the peer.
enum class Dialect {
    unknown,   // it has not answered or said a hello yet
    plain,     // MessagePack-RPC and nothing else
    rollcall,  // it has
};

// What the messages to a peer may be like.
struct PeerFacts {
    Dialect dialect = Dialect::unknown;
    Features features;
    std::size_t max_message_bytes = 0;  // that it accepts; 0: not said
    std::uint64_t stream_window = 0;    // of each stream, before it gives more credit
};

// Pure: takes `now`, touches no socket. One thread at a time.
class OutgoingCalls {
public:
    // `endpoint` names the peer in errors. `first_id` is the id of the first request.
    OutgoingCalls(std::size_t max_message_bytes, std::string endpoint, std::uint32_t first_id)
        : max_message_bytes_(max_message_bytes),
          endpoint_(std::move(endpoint)),
          pending_(first_id) {}

    [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }

    [[nodiscard]] PeerFacts& peer() noexcept { return peer_; }

    [[nodiscard]] const PeerFacts& peer() const noexcept { return peer_; }

    // Takes the next free id for a request that is no call.
    [[nodiscard]] std::uint32_t next_id() { return pending_.next_id(); }

    // Writes the request. A large body is not copied: it is returned and must follow `out` on the
    // wire, and `out_after` behind it. A call that cannot be sent at all fails here.
    [[nodiscard]] std::shared_ptr<const codec::Buffer> start(
        const CallPtr& call, codec::Buffer& out, codec::Buffer& out_after, TimePoint now
    );

    // Asks for a sign of life.
    void write_ping(codec::Buffer& out);

    // How many such questions have been answered since the last time this was asked.
    [[nodiscard]] std::uint64_t take_pongs() { return std::exchange(pongs_, 0); }

    // Ends the call that a response of so many bytes answers; counts one that answers none.
    void on_response(const codec::Message& message, std::size_t bytes);

    // Ends the calls whose deadline has passed, and tells a peer that understands it.
    void expire(TimePoint now, codec::Buffer& out);

    // Takes a call back that is to be ended otherwise, and tells a peer that understands it. False
    // if it is not here.
    [[nodiscard]] bool forget(const Call& call, codec::Buffer& out);

    // Ends a stream that this side gives up, and tells the peer.
    void give_up(std::uint32_t id, Error why, codec::Buffer& out);

    // Takes every call for which `matches(call)`.
    template <class Predicate>
    [[nodiscard]] std::vector<CallPtr> take_if(Predicate&& matches) {
        return pending_.take_if(matches);
    }

    [[nodiscard]] std::vector<CallPtr> take_all() {
        return pending_.take_if([](const Call&) { return true; });
    }

    // Of the calls with ids after this one, in the order in which they were sent.
    [[nodiscard]] std::vector<CallPtr> take_after(std::uint32_t id);

    // After the connection has ended: the calls of which not all bytes had reached the kernel when
    // `written` bytes had. They cannot have been executed.
    [[nodiscard]] std::vector<CallPtr> take_unsent(std::uint64_t written);

    // The end of `out` will be at this byte of the connection. Said before each call that writes.
    void set_position(std::uint64_t position) noexcept { position_ = position; }

    // So many bytes have reached the kernel by now.
    void on_written(std::uint64_t written);

    // After the connection has ended: how many notifications had not wholly reached the kernel.
    [[nodiscard]] std::size_t take_unsent_notifications(std::uint64_t written);

    [[nodiscard]] std::size_t size() const { return pending_.size(); }

    // Of them, those that are no streams.
    [[nodiscard]] std::size_t calls() const { return pending_.size() - pending_.streams(); }

    [[nodiscard]] Deadline earliest() const { return pending_.earliest(); }

    // True once a call has been answered.
    [[nodiscard]] bool answered() const { return answered_; }

    // Responses without a call since the last time this was asked.
    [[nodiscard]] std::uint64_t take_late_replies() { return std::exchange(late_replies_, 0); }

private:
    [[nodiscard]] std::size_t max_bytes() const;
    // What forbids sending this call in a message of so many bytes, if anything.
    [[nodiscard]] std::optional<Error> forbidden(const Call& call, std::size_t bytes) const;
    [[nodiscard]] std::optional<Error> no_stream(const Call& call) const;

    // What travels beside a call, and the bytes of that.
    struct Beside {
        std::optional<std::uint64_t> budget_ms;
        std::uint8_t stream = 0;
        std::size_t bytes = 0;
    };

    [[nodiscard]] Beside beside(const Call& call, TimePoint now) const;
    // Whether this peer's error of this code means what our protocol says.
    [[nodiscard]] bool is_promise(Errc code) const;
    void fail(Call& call, Error&& error) const;
    // The reply's metadata, to whoever wants it.
    static void hand_over_metadata(const Call& call, codec::Bytes map);
    void tell_cancelled(const Call& call, codec::Buffer& out);
    [[nodiscard]] Error read_error(codec::Bytes error) const;

    const std::size_t max_message_bytes_;
    const std::string endpoint_;
    PendingCalls pending_;
    PeerFacts peer_;
    std::uint64_t position_ = 0;  // in the bytes of the connection
    // Where the notifications end that the kernel may not have wholly taken yet.
    std::deque<std::uint64_t> notification_ends_;
    std::uint64_t late_replies_ = 0;
    bool answered_ = false;
    std::optional<std::uint32_t> ping_id_;  // of the last one, until it is answered
    std::uint64_t pongs_ = 0;
};

// Ends a call with an error that names its method and the endpoint.
void fail_call(Call& call, Errc code, std::string message, Sent sent, std::string_view endpoint);

}  // namespace rollcall::rpc
