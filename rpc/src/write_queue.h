#pragma once
// What a connection still has to send.

#include <rollcall/codec/buffer.h>

#include <asio/buffer.hpp>

#include <array>
#include <deque>
#include <memory>
#include <span>

namespace rollcall::rpc {

// Empty, and without memory, as long as the kernel takes everything at once. Large bodies are
// shared or taken over instead of copied. One thread at a time.
class WriteQueue {
public:
    // Copies.
    void append(codec::Bytes bytes);
    // The bytes of `buffer` from `begin` on; `buffer` is left empty. A large one that is full at
    // least by half is taken over, others are copied.
    void append(codec::Buffer& buffer, std::size_t begin);
    void append(std::shared_ptr<const codec::Buffer> body);

    [[nodiscard]] bool empty() const noexcept { return bytes_ == 0; }

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    // The first chunks, for one gathering write.
    static constexpr std::size_t kMaxChunks = 16;
    using Chunks = std::array<asio::const_buffer, kMaxChunks>;
    [[nodiscard]] std::span<const asio::const_buffer> front(Chunks& chunks) const;

    // Forgets everything and gives the memory back.
    void clear() noexcept;

    // Forgets what was written.
    void consume(std::size_t bytes);

private:
    struct Chunk {
        codec::Buffer owned;
        std::shared_ptr<const codec::Buffer> shared;
        std::size_t begin = 0;

        [[nodiscard]] codec::Bytes view() const {
            return (shared ? shared->view() : owned.view()).substr(begin);
        }
    };

    std::deque<Chunk>& chunks();

    // A deque holds memory even when empty, so it exists only while there is something to send.
    std::unique_ptr<std::deque<Chunk>> chunks_;
    std::size_t bytes_ = 0;
};

}  // namespace rollcall::rpc
