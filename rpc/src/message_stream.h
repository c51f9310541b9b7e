#pragma once
// A transport with its half-read and unsent messages: what both kinds of connection share.

#include <rollcall/codec/message_reader.h>

#include "io_thread.h"
#include "transport.h"
#include "write_queue.h"

#include <string>

namespace rollcall::rpc {

// Reads into the thread's input and hands out whole messages; sends the thread's output at once
// and keeps only what the kernel does not take. One owner, on its I/O thread.
class MessageStream {
public:
    enum class ReadStatus {
        ok,       // something was read
        nothing,  // nothing is here now
        ended,    // the peer has finished sending
        broken,   // the connection is lost; error() says how
        refused,  // the bytes are no messages, or exceed a limit; error() says how
    };

    MessageStream(Transport transport, const codec::Limits& limits)
        : transport_(std::move(transport)), reader_(limits) {}

    [[nodiscard]] Transport& transport() noexcept { return transport_; }

    [[nodiscard]] const Transport& transport() const noexcept { return transport_; }

    [[nodiscard]] codec::MessageReader& reader() noexcept { return reader_; }

    [[nodiscard]] const codec::MessageReader& reader() const noexcept { return reader_; }

    [[nodiscard]] WriteQueue& queue() noexcept { return queue_; }

    [[nodiscard]] const WriteQueue& queue() const noexcept { return queue_; }

    // One read. `first(Bytes)` sees the raw bytes before `take` sees the messages in them, and may
    // return false to end the reading.
    template <class First, class Take>
    [[nodiscard]] ReadStatus read(IoThread& thread, First&& first, Take&& take);

    // Hands out messages that were kept.
    template <class Take>
    [[nodiscard]] ReadStatus resume(Take&& take) {
        return status_of(reader_.resume(take));
    }

    // Sends `out` behind what is queued, and empties it. False if the connection is broken.
    [[nodiscard]] bool send(codec::Buffer& out);
    // Sends what is queued, as far as the kernel takes it. False if the connection is broken.
    [[nodiscard]] bool send_queued();

    // What is held for half messages, kept bytes and unsent replies.
    [[nodiscard]] std::size_t held_bytes() const { return reader_.memory_bytes() + queue_.bytes(); }

    // Bytes that the kernel has taken, ever.
    [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

    // Bytes that have been read, ever.
    [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

    [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
    [[nodiscard]] ReadStatus status_of(codec::MessageReader::Status status);
    [[nodiscard]] ReadStatus status_of(const asio::error_code& ec);

    Transport transport_;
    codec::MessageReader reader_;
    WriteQueue queue_;
    std::uint64_t written_ = 0;
    std::uint64_t bytes_read_ = 0;
    std::string error_;
};

template <class First, class Take>
MessageStream::ReadStatus MessageStream::read(IoThread& thread, First&& first, Take&& take) {
    const std::span<char> large = reader_.large_message_room();
    const std::span<char> to = large.empty() ? thread.input() : large;
    asio::error_code ec;
    const std::size_t bytes = transport_.read_some(to, ec);
    if (ec) return status_of(ec);
    bytes_read_ += bytes;
    if (!large.empty()) return status_of(reader_.fed(bytes, take));
    const codec::Bytes chunk{to.data(), bytes};
    if (!first(chunk)) return ReadStatus::ok;
    return status_of(reader_.feed(chunk, take));
}

}  // namespace rollcall::rpc
