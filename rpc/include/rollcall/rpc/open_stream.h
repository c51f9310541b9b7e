#pragma once
// A stream from the side that opens it. Users need client.h or peer.h only.

#include <rollcall/rpc/call_target.h>
#include <rollcall/rpc/stream_ends.h>

#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace rollcall::rpc {
namespace detail {

// The call that opens a stream and ends with it.
class StreamCall final : public Call {
public:
    StreamCall(PackedInvocation packed, Deadline to_be_sent, StreamPipePtr pipe, StreamSides sides);

    void finish(codec::Bytes result) noexcept override;
    void fail(Error&& error) noexcept override;

    [[nodiscard]] const StreamPipePtr& stream() const noexcept override { return pipe_; }

    [[nodiscard]] StreamSides sides() const noexcept override { return sides_; }

private:
    void destroy() noexcept override { delete this; }

    const StreamPipePtr pipe_;
    const StreamSides sides_;
};

// An open stream without its types. Its end cancels the stream.
class StreamHandle {
public:
    StreamHandle() = default;
    // Sends the request that opens it.
    StreamHandle(const CallTargetPtr& target, PackedInvocation invocation, StreamSides sides);
    StreamHandle(StreamHandle&& other) noexcept = default;
    StreamHandle& operator=(StreamHandle&& other) noexcept;
    ~StreamHandle();

    void cancel() const noexcept;

    [[nodiscard]] const StreamPipePtr& pipe() const noexcept { return pipe_; }

private:
    std::weak_ptr<CallTarget> target_;
    CallPtr call_;
    StreamPipePtr pipe_;
};

// What the stream was answered with, once it has ended.
template <class R>
[[nodiscard]] std::optional<Result<R>> try_outcome(StreamPipe& pipe) {
    const auto outcome = pipe.outcome();
    if (!outcome) return std::nullopt;
    if (!*outcome) return Result<R>{outcome->error()};
    return read_result<R>(**outcome);
}

template <class R>
asio::awaitable<Result<R>> outcome_awaited(StreamPipePtr pipe) {
    for (;;) {
        if (auto outcome = try_outcome<R>(*pipe)) co_return *std::move(outcome);
        Result<void> waited = co_await async_wait(pipe, StreamDirection::in);
        if (!waited) co_return waited.error();
    }
}

}  // namespace detail

// An open stream: a handle that can be moved. Destroying it cancels the stream, if it has not
// ended. It opens in the background: what cannot be opened (no connection within the call timeout,
// a peer that does not speak streams) is what the first operation returns.
//
// Down are the items to read, Up those to write (void: there are none), R the result. Reading and
// writing may go on at the same time, each by one at a time, on any threads. The awaitable
// operations do not need the handle to outlive them.
template <class Down, class Up, class R>
class OpenStream {
    static constexpr bool kReads = !std::is_void_v<Down>;
    static constexpr bool kWrites = !std::is_void_v<Up>;

public:
    // Of no stream; only to be assigned to.
    OpenStream() = default;

    explicit OpenStream(detail::StreamHandle handle) noexcept : handle_(std::move(handle)) {}

    // As those of StreamReader. Nothing is only returned once the handler has ended without an
    // error.
    template <class T = Down>

    requires(kReads) [[nodiscard]] asio::awaitable<Result<std::optional<T>>> async_read() const {
        return detail::read_awaited<T>(handle_.pipe());
    }

    template <class T = Down>

    requires(kReads) [[nodiscard]] Result<std::optional<T>> read() const {
        return detail::read_blocking<T>(*handle_.pipe());
    }

    // As those of StreamWriter.
    template <class T = Up>

    requires(kWrites)
        [[nodiscard]] asio::awaitable<Result<void>> async_write(const std::type_identity_t<T>& item
        ) const {
        return detail::async_write_item<T>(handle_.pipe(), item);
    }

    template <class T = Up>

    requires(kWrites) [[nodiscard]] Result<void> write(const std::type_identity_t<T>& item) const {
        return detail::write_item<T>(*handle_.pipe(), item);
    }

    // Nothing more will be written: the handler finds the end behind the last item.
    void finish_writing() const requires(kWrites) { handle_.pipe()->finish_writing(); }

    // Of a stream without items to read: ends the writing and waits for the result.
    [[nodiscard]] asio::awaitable<Result<R>> async_finish() const requires(!kReads) {
        handle_.pipe()->finish_writing();
        return detail::outcome_awaited<R>(handle_.pipe());
    }

    [[nodiscard]] Result<R> finish() const requires(!kReads) {
        handle_.pipe()->finish_writing();
        for (;;) {
            if (auto outcome = detail::try_outcome<R>(*handle_.pipe())) return *std::move(outcome);
            if (auto waited = handle_.pipe()->wait(StreamDirection::in); !waited)
                return waited.error();
        }
    }

    // Gives it up, whatever it is doing: the handler's stop token is asked, and what is being
    // awaited here ends with `cancelled`.
    void cancel() const noexcept { handle_.cancel(); }

    // For callers who may block: `for (const Quote& quote : quotes)`. The loop ends at the end of
    // the stream; an error is thrown as CallError, so that nobody takes half a stream for a whole
    // one.
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Down;
        using difference_type = std::ptrdiff_t;
        using pointer = const Down*;
        using reference = std::add_lvalue_reference_t<Down>;

        Iterator() = default;

        explicit Iterator(const OpenStream& stream) : stream_(&stream) { ++*this; }

        [[nodiscard]] reference operator*() const { return *item_; }

        Iterator& operator++() {
            item_ = stream_->read().value();
            return *this;
        }

        void operator++(int) { ++*this; }

        [[nodiscard]] bool operator==(std::default_sentinel_t) const { return !item_; }

    private:
        using Kept = std::conditional_t<kReads, Down, char>;

        const OpenStream* stream_ = nullptr;
        mutable std::optional<Kept> item_;
    };

    [[nodiscard]] Iterator begin() const requires(kReads) { return Iterator{*this}; }

    [[nodiscard]] std::default_sentinel_t end() const requires(kReads) { return {}; }

private:
    detail::StreamHandle handle_;
};

namespace detail {

template <class R>
[[nodiscard]] auto open_stream(const CallTargetPtr& target, Invocation<R>&& invocation) {
    static_assert(kIsStreamed<R>, "this method is no stream: call() it instead of opening it");
    using Shape = StreamShape<R>;
    return OpenStream<typename Shape::Down, typename Shape::Up, typename Shape::Result>{
        StreamHandle{target, std::move(invocation), kSides<Shape>}};
}

}  // namespace detail
}  // namespace rollcall::rpc
