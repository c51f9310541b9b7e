#pragma once
// The client's side of one connection: calls in, bytes out; messages in, completions out. No I/O.

#include <rollcall/codec/message.h>
#include <rollcall/rpc/client.h>

#include "hello.h"
#include "pending_calls.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::rpc {

// What is known about the server.
enum class Dialect {
    unknown,   // it has not answered the hello yet, or was not asked
    plain,     // MessagePack-RPC and nothing else
    rollcall,  // it has answered the hello
};

// Pure: takes `now`, touches no socket. One thread at a time.
class ClientSession {
public:
    ClientSession(const ClientOptions& options, std::string endpoint, bool hello);
    // `first_id` is the id of the first request; it is random otherwise, so that a reply meant for
    // an earlier connection is unlikely to match.
    ClientSession(
        const ClientOptions& options, std::string endpoint, bool hello, std::uint32_t first_id
    );

    // The first bytes of the connection: the hello, unless it is plain.
    void open(codec::Buffer& out);

    // False while as many calls are in flight as the options allow.
    [[nodiscard]] bool can_start() const { return pending_.size() < options_.max_in_flight; }

    // Writes the request. A large body is not copied: it is returned and must follow `out` on the
    // wire. A call that cannot be sent at all fails here.
    [[nodiscard]] std::shared_ptr<const codec::Buffer> start(
        const CallPtr& call, codec::Buffer& out
    );

    // One message of the server. What it answers goes to `out`. Returns why the connection must be
    // closed, if it must.
    [[nodiscard]] std::optional<std::string> on_message(codec::Bytes frame, codec::Buffer& out);

    // Ends the calls whose deadline has passed.
    void expire(TimePoint now);

    // Takes a call back that is to be ended otherwise; false if it is not here.
    [[nodiscard]] bool forget(const Call& call) { return pending_.remove(call); }

    // The server takes no new calls; those in flight are being answered.
    [[nodiscard]] bool going_away() const { return goaway_.has_value(); }

    // After a goaway: the calls that the server has not executed and never will.
    [[nodiscard]] std::vector<CallPtr> take_unexecuted();

    // After the connection has ended: the calls of which not all bytes had reached the kernel when
    // `written` bytes had. They cannot have been executed.
    [[nodiscard]] std::vector<CallPtr> take_unsent(std::uint64_t written);

    // So many bytes have reached the kernel by now.
    void on_written(std::uint64_t written);

    // After the connection has ended: how many notifications had not wholly reached the kernel.
    [[nodiscard]] std::size_t take_unsent_notifications(std::uint64_t written);

    // Everything that is left.
    [[nodiscard]] std::vector<CallPtr> take_all();

    [[nodiscard]] std::size_t pending() const { return pending_.size(); }

    [[nodiscard]] Deadline earliest() const { return pending_.earliest(); }

    [[nodiscard]] Dialect dialect() const { return dialect_; }

    // True if the hello was sent and no message has come since.
    [[nodiscard]] bool hello_unanswered() const { return hello_id_.has_value() && !heard_; }

    // True once a call has been answered.
    [[nodiscard]] bool answered() const { return answered_; }

    // Replies without a call since the last time this was asked.
    [[nodiscard]] std::uint64_t take_late_replies() { return std::exchange(late_replies_, 0); }

    [[nodiscard]] const codec::Limits& limits() const { return options_.limits; }

    // Whether a connection may keep this many bytes that the kernel does not take. Calls alone stay
    // below: one more is sent only below write_queue_bytes. Answers to the server's own requests
    // go over if it asks and does not read.
    [[nodiscard]] bool may_keep_unsent(std::size_t bytes) const {
        const std::size_t calls = options_.write_queue_bytes;
        return bytes <= calls || bytes - calls <= options_.limits.max_message_bytes;
    }

private:
    void on_request(const codec::Message& message, codec::Buffer& out);
    void on_response(const codec::Message& message);
    void on_hello_response(const codec::Message& message);
    void on_notification(const codec::Message& message);
    // Whether this peer's error of this code means what our protocol says.
    [[nodiscard]] bool is_promise(Errc code) const;
    void fail(Call& call, Errc code, std::string message, Sent sent) const;
    [[nodiscard]] std::size_t max_message_bytes() const;
    // What forbids sending this call, if anything.
    [[nodiscard]] std::optional<std::string> too_large(const Call& call) const;

    const ClientOptions& options_;
    const std::string endpoint_;
    const bool says_hello_;
    PendingCalls pending_;
    std::optional<std::uint32_t> hello_id_;
    std::optional<Goaway> goaway_;
    std::size_t peer_max_message_bytes_ = 0;
    Dialect dialect_ = Dialect::unknown;
    bool heard_ = false;
    bool answered_ = false;
    std::uint64_t encoded_ = 0;  // bytes of all messages so far
    // Where the notifications end that the kernel may not have wholly taken yet.
    std::deque<std::uint64_t> notification_ends_;
    std::uint64_t late_replies_ = 0;
};

// Ends a call with an error that names its method and the endpoint.
void fail_call(Call& call, Errc code, std::string message, Sent sent, std::string_view endpoint);

}  // namespace rollcall::rpc
