#pragma once
// One side of one stream as its connection sees it.

#include <rollcall/rpc/stream.h>
#include <rollcall/rpc/stream_pipe.h>

#include "stream_messages.h"
#include "stream_state.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::rpc {

// How the streams of a connection reach it. Outlives the connection.
class StreamPort {
public:
    StreamPort() = default;
    StreamPort(const StreamPort&) = delete;
    StreamPort& operator=(const StreamPort&) = delete;
    virtual ~StreamPort() = default;

    // Any thread: this stream has something to send or to say.
    virtual void wake(const StreamKey& key) = 0;

    // Unread bytes of all streams.
    std::atomic<std::size_t> held{0};
    // Bytes that a stream may keep unsent: less of each, the more there are.
    std::atomic<std::size_t> most_unsent{std::size_t{64} << 10U};
};

// What a stream agrees on with the connection that carries it.
struct StreamTerms {
    StreamKey key;
    StreamOptions options;
    codec::Limits items;
    std::uint64_t credit = 0;        // the peer's first window
    std::size_t max_item_bytes = 0;  // that the peer takes
    StreamSides sides = StreamSides::none;
};

// Everything but the program's part is called on the connection's I/O thread.
class StreamLink final : public StreamPipe {
public:
    StreamLink(std::string method, Deadline deadline);
    ~StreamLink() override;

    // ---- the program

    [[nodiscard]] Result<bool> write(codec::Buffer& item) override;
    void finish_writing() override;
    [[nodiscard]] Result<Next> next(codec::Bytes& item) override;

    [[nodiscard]] std::uint64_t items_read() const noexcept override { return items_read_; }

    [[nodiscard]] std::optional<Result<codec::Bytes>> outcome() override;
    [[nodiscard]] Result<void> wait(StreamDirection direction) override;
    void wait(StreamDirection direction, std::shared_ptr<StreamWaiter> waiter) override;

    [[nodiscard]] StreamLink& link() noexcept override { return *this; }

    // ---- the connection

    [[nodiscard]] Deadline deadline() const noexcept { return deadline_; }

    // From now on this connection carries it. Not twice if anything was sent: may_bind().
    void bind(std::shared_ptr<StreamPort> port, const StreamTerms& terms);
    [[nodiscard]] bool may_bind() const;
    // The request is to be sent again, on another connection.
    void unbind();
    [[nodiscard]] bool is_bound_to(const StreamPort& port, const StreamKey& key) const;

    // Messages of the peer. Nothing, or the rule that they break.
    [[nodiscard]] std::optional<std::string> feed(codec::Bytes bytes);
    [[nodiscard]] std::optional<std::string> grant(std::uint64_t credit);
    [[nodiscard]] std::optional<std::string> end_data();

    // What it has to do after wake(), or after a message.
    struct Work {
        std::uint64_t credit = 0;  // to be given to the peer
        bool over = false;
        std::optional<std::string> broken;  // the connection has no room for it
    };

    [[nodiscard]] Work begin_work(StreamBudget& budget);
    // Writes one message of data, of at most `most` bytes; whether there is more.
    [[nodiscard]] bool send(codec::Buffer& out, std::size_t most);
    // Whether the end of the data is to be sent now; once.
    [[nodiscard]] bool take_end();
    // Whether everything that was written has been sent.
    [[nodiscard]] bool is_drained() const;

    // The end. The first one counts.
    void fail(Error error);
    void finish(codec::Bytes result);
    // Why it failed, if it did.
    [[nodiscard]] std::optional<Error> failure() const;

    // Gives back what it holds of the budget of the connection with this port.
    void settle(const StreamPort& port, StreamBudget& budget);

private:
    using Lock = std::unique_lock<std::mutex>;
    using Waiters = std::vector<std::shared_ptr<StreamWaiter>>;

    [[nodiscard]] bool is_readable() const;
    [[nodiscard]] bool is_writable() const;
    [[nodiscard]] std::size_t most_unsent() const;
    [[nodiscard]] Error why_over() const;
    void report_read();
    void count_held();
    void end(Lock& lock, Result<codec::Buffer>&& outcome);
    // Tells the connection, unless it knows; unlocks.
    void wake(Lock& lock);
    // Tells those who wait and may go on.
    void tell_waiting(Lock& lock);

    const std::string method_;
    const Deadline deadline_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t blocked_ = 0;  // threads that wait
    Waiters readers_;
    Waiters writers_;
    std::shared_ptr<StreamPort> port_;  // null: nobody carries it yet
    StreamTerms terms_;
    OutgoingStream out_;
    std::optional<IncomingStream> in_;  // once it is bound
    bool awaits_item_ = false;          // the reader has found nothing
    std::optional<Result<codec::Buffer>> outcome_;
    std::size_t held_ = 0;  // that is counted by the port
    bool woken_ = false;
    bool end_sent_ = false;

    // Of the reader:
    codec::Buffer batch_;  // whole items
    std::size_t batch_at_ = 0;
    std::size_t unreported_ = 0;  // bytes read that the connection does not know of
    std::uint64_t items_read_ = 0;
};

}  // namespace rollcall::rpc
