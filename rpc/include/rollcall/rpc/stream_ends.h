#pragma once
// How a program reads and writes a stream.

#include <rollcall/rpc/call.h>
#include <rollcall/rpc/stream_pipe.h>

#include <asio/awaitable.hpp>

#include <optional>
#include <string>
#include <utility>

namespace rollcall::rpc {
namespace detail {

template <class T>
[[nodiscard]] Result<std::optional<T>> unpack_item(const StreamPipe& pipe, codec::Bytes bytes) {
    static_assert(
        !codec::is_view<T>, "an item must own its bytes: use std::string instead of a view"
    );
    Result<T> item = read_result<T>(bytes);
    if (item) return std::optional<T>{*std::move(item)};
    return Error{
        item.error().code(),
        "item " + std::to_string(pipe.items_read()) + " of the stream: " + item.error().message()}
        .with_sent(Sent::maybe_sent);
}

// A step of reading: what to return, or nothing if it has to be waited for.
template <class T>
[[nodiscard]] std::optional<Result<std::optional<T>>> try_read(StreamPipe& pipe) {
    codec::Bytes item;
    const Result<StreamPipe::Next> next = pipe.next(item);
    if (!next) return Result<std::optional<T>>{next.error()};
    if (*next == StreamPipe::Next::nothing_yet) return std::nullopt;
    if (*next == StreamPipe::Next::end) return Result<std::optional<T>>{std::optional<T>{}};
    return unpack_item<T>(pipe, item);
}

template <class T>
asio::awaitable<Result<std::optional<T>>> read_awaited(StreamPipePtr pipe) {
    for (;;) {
        if (auto read = try_read<T>(*pipe)) co_return *std::move(read);
        Result<void> waited = co_await async_wait(pipe, StreamDirection::in);
        if (!waited) co_return waited.error();
    }
}

template <class T>
[[nodiscard]] Result<std::optional<T>> read_blocking(StreamPipe& pipe) {
    for (;;) {
        if (auto read = try_read<T>(pipe)) return *std::move(read);
        if (auto waited = pipe.wait(StreamDirection::in); !waited) return waited.error();
    }
}

// `taken` is what a first attempt to write `item` has brought.
[[nodiscard]] asio::awaitable<Result<void>> write_awaited(
    StreamPipePtr pipe, codec::Buffer item, Result<bool> taken
);
[[nodiscard]] Result<void> write_blocking(StreamPipe& pipe, codec::Buffer& item);

template <class T>
[[nodiscard]] asio::awaitable<Result<void>> async_write_item(
    const StreamPipePtr& pipe, const T& item
) {
    codec::Buffer& scratch = stream_scratch();
    codec::pack(scratch, item);
    Result<bool> taken = pipe->write(scratch);
    codec::Buffer rest;
    if (taken && !*taken) rest = std::move(scratch);
    return write_awaited(pipe, std::move(rest), std::move(taken));
}

template <class T>
[[nodiscard]] Result<void> write_item(StreamPipe& pipe, const T& item) {
    codec::Buffer packed;
    codec::pack(packed, item);
    return write_blocking(pipe, packed);
}

}  // namespace detail

// The items that come to a handler: its parameter behind the arguments of the method.
//
//     while (auto item = (co_await in.async_read()).value()) ...
//
// A handle; copies read the same stream, one at a time. After the handler has ended there is
// nothing more to read. Thread safety: one reader at a time, on any thread.
template <class T>
class StreamReader {
public:
    explicit StreamReader(StreamPipePtr pipe) noexcept : pipe_(std::move(pipe)) {}

    // The next item; nothing at the end; an error if the stream does not get to its end (cancelled,
    // connection_lost, timed_out, stream_failed), behind the items that came before it. An item
    // that is no T is an error too, and the next read goes on behind it. Cancelling the wait loses
    // nothing.
    [[nodiscard]] asio::awaitable<Result<std::optional<T>>> async_read() const {
        return detail::read_awaited<T>(pipe_);
    }

    // The same, blocking: in a handler on the pool. On I/O threads: would_deadlock.
    [[nodiscard]] Result<std::optional<T>> read() const { return detail::read_blocking<T>(*pipe_); }

private:
    StreamPipePtr pipe_;
};

// Where a handler puts the items of the stream that it answers with: its last parameter.
//
//     if (auto written = co_await out.async_write(quote); !written) co_return;
//
// A handle; copies write the same stream. The stream ends when the handler does, behind what was
// written. Thread safety: any thread; the order of writes made at the same time is not known.
template <class T>
class StreamWriter {
public:
    explicit StreamWriter(StreamPipePtr pipe) noexcept : pipe_(std::move(pipe)) {}

    // Waits until the reader has room: nothing is kept but this item. An error says why nobody
    // reads any more (cancelled, connection_lost, timed_out, stream_failed), or that the item is
    // larger than a message may be (message_too_large), after which the stream goes on. The item is
    // packed before this returns; what packing it throws comes out here.
    [[nodiscard]] asio::awaitable<Result<void>> async_write(const T& item) const {
        return detail::async_write_item(pipe_, item);
    }

    // The same, blocking: in a handler on the pool. On I/O threads: would_deadlock, if it has to
    // wait.
    [[nodiscard]] Result<void> write(const T& item) const {
        return detail::write_item(*pipe_, item);
    }

private:
    StreamPipePtr pipe_;
};

}  // namespace rollcall::rpc
