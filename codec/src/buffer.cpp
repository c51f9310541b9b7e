#include <rollcall/codec/buffer.h>

#include "spare_blocks.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace rollcall::codec {
namespace {

// Frees them with the thread. What is destroyed after it, buffers of other thread_locals, finds
// that it has ended: a bool is never destroyed.
struct ThreadSpares {
    ThreadSpares() noexcept { ended = false; }

    ThreadSpares(const ThreadSpares&) = delete;
    ThreadSpares& operator=(const ThreadSpares&) = delete;

    ~ThreadSpares() {
        ended = true;
        for (const SpareBlocks::Block& block : blocks.blocks())
            std::free(block.data);
    }

    SpareBlocks blocks;
    static thread_local bool ended;
};

thread_local bool ThreadSpares::ended = false;

// Null once the thread is about to end.
SpareBlocks* spares() noexcept {
    if (ThreadSpares::ended) return nullptr;
    thread_local ThreadSpares mine;
    return &mine.blocks;
}

}  // namespace

void Buffer::free_large(char* data, std::size_t capacity) noexcept {
    SpareBlocks* const mine = spares();
    std::free(mine != nullptr ? mine->keep({data, capacity}).data : data);
}

bool Buffer::grow_into_spare(std::size_t needed) noexcept {
    SpareBlocks* const mine = spares();
    const SpareBlocks::Block block = mine != nullptr ? mine->take(needed) : SpareBlocks::Block{};
    if (block.data == nullptr) return false;
    if (size_ > 0) std::memcpy(block.data, data_, size_);
    release();
    data_ = block.data;
    capacity_ = block.bytes;
    return true;
}

void Buffer::grow(std::size_t bytes) {
    constexpr std::size_t kFirst = 256;
    const std::size_t needed = size_ + bytes;
    if (needed >= kLargeBytes && grow_into_spare(needed)) return;
    const std::size_t capacity = std::max({kFirst, needed, capacity_ + capacity_ / 2});
    // realloc lets the allocator move large blocks by remapping pages.
    auto* const grown = static_cast<char*>(std::realloc(data_, capacity));
    if (grown == nullptr) throw std::bad_alloc{};
    data_ = grown;
    capacity_ = capacity;
}

static_assert(Buffer::kLargeBytes == SpareBlocks::kMinBytes);

}  // namespace rollcall::codec
