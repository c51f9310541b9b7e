#pragma once
// One side of one stream, without its types: between the program on any thread and the connection
// on its I/O thread. Users need client.h or server.h only.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/codec/buffer.h>
#include <rollcall/rpc/pending_completion.h>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>
#include <asio/system_executor.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace rollcall::rpc {

// Somebody waits for a stream to go on. Ends once.
class StreamWaiter {
public:
    StreamWaiter() = default;
    StreamWaiter(const StreamWaiter&) = delete;
    StreamWaiter& operator=(const StreamWaiter&) = delete;
    virtual ~StreamWaiter() = default;

    // Any thread; all but the first are passed over.
    static void end(const std::shared_ptr<StreamWaiter>& self, Result<void> how) {
        if (!self->ended_.exchange(true)) self->post(self, std::move(how));
    }

private:
    virtual void post(std::shared_ptr<StreamWaiter> self, Result<void>&& how) = 0;

    std::atomic<bool> ended_{false};
};

enum class StreamDirection { in, out };

// What it tells its connection, and the connection it, is in src/stream_link.h.
class StreamLink;

// The program's view. One reader and one writer at a time, on any threads.
class StreamPipe {
public:
    enum class Next { item, nothing_yet, end };

    StreamPipe() = default;
    StreamPipe(const StreamPipe&) = delete;
    StreamPipe& operator=(const StreamPipe&) = delete;
    virtual ~StreamPipe() = default;

    // Takes one packed item, which is left empty. False: not now, wait for it; it is untouched. The
    // error says why nothing is taken any more, or message_too_large of this item alone.
    [[nodiscard]] virtual Result<bool> write(codec::Buffer& item) = 0;
    // No more items: the peer is told behind the last one.
    virtual void finish_writing() = 0;

    // The next item, valid until the next call. What came whole before an error comes before it.
    [[nodiscard]] virtual Result<Next> next(codec::Bytes& item) = 0;
    // The number of the item that next() gave last, from 1.
    [[nodiscard]] virtual std::uint64_t items_read() const noexcept = 0;

    // How the stream ended: the packed result; nothing while it has not.
    [[nodiscard]] virtual std::optional<Result<codec::Bytes>> outcome() = 0;

    // Waits until next() has more to say, or write() has. An error on I/O threads: would_deadlock.
    [[nodiscard]] virtual Result<void> wait(StreamDirection direction) = 0;
    virtual void wait(StreamDirection direction, std::shared_ptr<StreamWaiter> waiter) = 0;

    // For who carries it.
    [[nodiscard]] virtual StreamLink& link() noexcept = 0;
};

using StreamPipePtr = std::shared_ptr<StreamPipe>;

// The side that opens a stream. It ends at `deadline`, if there is one.
[[nodiscard]] StreamPipePtr make_opened_stream(std::string_view method, Deadline deadline);

namespace detail {

// This thread's spare buffer, so that packing small items does not allocate.
[[nodiscard]] codec::Buffer& stream_scratch();

template <class Handler>
class AsyncStreamWaiter final : public StreamWaiter {
public:
    explicit AsyncStreamWaiter(Handler&& handler)
        : completion_(std::move(handler), asio::system_executor{}) {}

private:
    void post(std::shared_ptr<StreamWaiter> self, Result<void>&& how) override {
        completion_.post(std::move(self), std::move(how));
    }

    PendingCompletion<Handler, Result<void>, std::shared_ptr<StreamWaiter>> completion_;
};

// Cancelling it ends the wait alone: nothing of the stream is lost.
template <class Token = asio::use_awaitable_t<>>
auto async_wait(StreamPipePtr pipe, StreamDirection direction, Token&& token = Token{}) {
    return asio::async_initiate<Token, void(Result<void>)>(
        [](auto handler, const StreamPipePtr& on, StreamDirection way) {
            using Handler = decltype(handler);
            auto slot = asio::get_associated_cancellation_slot(handler);
            const std::shared_ptr<StreamWaiter> waiter =
                std::make_shared<AsyncStreamWaiter<Handler>>(std::move(handler));
            if (slot.is_connected()) {
                slot.assign([weak = std::weak_ptr<StreamWaiter>{waiter}](asio::cancellation_type) {
                    if (const auto alive = weak.lock())
                        StreamWaiter::end(alive, Error{Errc::cancelled, "the wait was cancelled"});
                });
            }
            on->wait(way, waiter);
        },
        token,
        std::move(pipe),
        direction
    );
}

}  // namespace detail
}  // namespace rollcall::rpc
