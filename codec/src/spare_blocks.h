#pragma once
// Large blocks of memory that this thread needs again soon.

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace rollcall::codec {

// Who sends and reads large messages allocates and frees the same sizes again and again. The
// allocator gives such blocks back to the system, and takes them page by page: more work than the
// messages. So each thread keeps a few. Of the thread alone; not for use through Buffer's back.
class SpareBlocks {
public:
    static constexpr std::size_t kMinBytes = std::size_t{128} << 10U;
    static constexpr std::size_t kMaxBytes = std::size_t{2} << 20U;  // of one block
    static constexpr std::size_t kMost = 4;
    static constexpr std::size_t kMostBytes = std::size_t{4} << 20U;  // of all

    struct Block {
        char* data = nullptr;  // of malloc()
        std::size_t bytes = 0;
    };

    // A block of at least so many bytes, and not of far more: those who hold half a message answer
    // for what they hold. Null if there is none.
    [[nodiscard]] Block take(std::size_t bytes) noexcept {
        for (Block& block : blocks_) {
            if (block.bytes < bytes || block.bytes / 2 > bytes) continue;
            held_ -= block.bytes;
            return std::exchange(block, Block{});
        }
        return {};
    }

    // Keeps it, in the place of the smallest if all are taken. What is not kept is the caller's:
    // this one, that one, or none.
    [[nodiscard]] Block keep(Block block) noexcept {
        if (block.bytes < kMinBytes || block.bytes > kMaxBytes) return block;
        Block& place =
            *std::min_element(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) {
                return a.bytes < b.bytes;
            });
        const std::size_t held = held_ - place.bytes + block.bytes;
        if (place.bytes >= block.bytes || held > kMostBytes) return block;
        held_ = held;
        return std::exchange(place, block);
    }

    [[nodiscard]] const std::array<Block, kMost>& blocks() const noexcept { return blocks_; }

private:
    std::array<Block, kMost> blocks_{};
    std::size_t held_ = 0;
};

}  // namespace rollcall::codec
