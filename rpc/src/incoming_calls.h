#pragma once
// What the peer of a connection asks of this side: requests in, replies and work out. No I/O.

#include <rollcall/codec/message.h>
#include <rollcall/rpc/reply.h>

#include "envelope.h"
#include "feature_set.h"
#include "method_table.h"
#include "stream_table.h"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace rollcall::rpc {

// How replies to a peer may look.
struct ReplyFormat {
    Features features;
    std::size_t max_bytes = 0;
    std::size_t max_depth = codec::Limits{}.max_depth;  // the peer's are not known: our own
};

// Writes an error reply, or nothing if there is no id. `error` as as_reply() leaves it.
void write_error(
    codec::Buffer& out,
    std::optional<std::uint32_t> id,
    const Error& error,
    const ReplyFormat& format
);

// Finishes a reply: write_result_head() was written at `start`, the packed result behind it if
// `ended` holds. Puts the error in its place otherwise, or if the reply exceeds the limit. Without
// an id everything from `start` on is taken back. Returns the error that has ended the request, if
// one has.
std::optional<Error> finish_reply(
    codec::Buffer& out,
    std::size_t start,
    std::optional<std::uint32_t> id,
    Result<void>&& ended,
    const Metadata& metadata,
    const ReplyFormat& format
);

// A request or a notification that is to be executed. Views of its message.
struct Admitted {
    const MethodEntry* method = nullptr;  // null: nothing is to be done
    std::string_view name;                // that was called; the method's own if it has one
    codec::Bytes params;
    std::optional<std::uint32_t> id;  // none for a notification
    Envelope envelope;
    bool is_unknown = false;  // nobody handles a method of that name
};

// Pure; one thread at a time.
class IncomingCalls {
public:
    explicit IncomingCalls(const MethodTable& methods) : methods_(methods) {}

    // Whether the request's id belongs to one whose handler has not ended.
    [[nodiscard]] bool is_taken(std::uint32_t id) const {
        return !by_id_.empty() && by_id_.contains(id);
    }

    // A message that asks for one of the methods. What cannot be executed is answered in `out`.
    [[nodiscard]] Admitted admit(
        const codec::Message& message, codec::Buffer& out, const ReplyFormat& format
    );

    // A handler is being begun that may end before that returns: in flight, without a place of its
    // own. One at a time, at the end of which it begins in earnest or has ended.
    class Starting {
    public:
        Starting(
            IncomingCalls& calls,
            const MethodEntry& method,
            ActiveRequest& request,
            std::size_t request_bytes
        ) noexcept
            : calls_(calls), method_(method), request_(request), request_bytes_(request_bytes) {
            calls_.starting_ = this;
            request_.set_starting(true);
        }

        Starting(const Starting&) = delete;
        Starting& operator=(const Starting&) = delete;

        ~Starting() { end(); }

        [[nodiscard]] const MethodEntry& method() const noexcept { return method_; }

        [[nodiscard]] ActiveRequest& request() const noexcept { return request_; }

        [[nodiscard]] std::size_t request_bytes() const noexcept { return request_bytes_; }

        [[nodiscard]] bool has_ended() const noexcept { return calls_.starting_ != this; }

        void end() noexcept {
            if (has_ended()) return;
            calls_.starting_ = nullptr;
            request_.set_starting(false);
        }

    private:
        IncomingCalls& calls_;
        const MethodEntry& method_;
        ActiveRequest& request_;
        const std::size_t request_bytes_;
    };

    // Null if none is.
    [[nodiscard]] Starting* starting() const noexcept { return starting_; }

    // A handler that goes on takes the request's id until end().
    void begin(const MethodEntry& method, const std::shared_ptr<ActiveRequest>& request);
    void end(const ActiveRequest& request);

    // The peer waits for this one no longer. What is unknown has ended.
    void cancel(std::uint32_t id);

    // The connection has ended: nobody waits for requests. Notifications go on.
    void stop_all();

    // Stops what has exceeded its deadline.
    void expire(TimePoint now);
    [[nodiscard]] Deadline earliest() const;

    [[nodiscard]] std::size_t size() const {
        return by_id_.size() + notifications_ + (starting_ != nullptr ? 1 : 0);
    }

    // Of them, those that are no streams.
    [[nodiscard]] std::size_t calls() const { return size() - streams_in_flight_; }

    // The streams of the connection, which outlive this; null before the first.
    void set_streams(StreamTable* streams) noexcept { streams_ = streams; }

    [[nodiscard]] StreamTable* streams() const noexcept { return streams_; }

    // True for the protocol's own notifications about requests and streams.
    [[nodiscard]] bool on_control(const codec::Message& message);

    // The names of the methods in flight, for the log.
    [[nodiscard]] std::string names() const;

private:
    struct InFlight {
        const MethodEntry* method;
        std::weak_ptr<ActiveRequest> request;
        Deadline deadline;  // of those that have not been stopped
    };

    // The entry of a method, or null.
    [[nodiscard]] const MethodEntry* find(codec::Bytes name);

    const MethodTable& methods_;
    const MethodEntry* latest_ = nullptr;  // found last: peers ask for the same again
    std::unordered_map<std::uint32_t, InFlight> by_id_;
    Starting* starting_ = nullptr;
    std::size_t notifications_ = 0;
    std::size_t streams_in_flight_ = 0;
    StreamTable* streams_ = nullptr;
};

}  // namespace rollcall::rpc
