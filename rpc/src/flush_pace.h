#pragma once
// When a part of what is being written leaves already.

#include <cstddef>

namespace rollcall::rpc {

// Many requests are answered in one go. Sending all of them behind the last costs
// the fewest system calls, but the peer waits meanwhile, and then this end for the peer: of the two
// only one works at a time. So the first few leave at once, and then as many as have left before:
// both ends work, and a long run is still only a few sends.
// Source: docs/decisions/0010-replies-leave-in-parts.md has the figures. Pure.
class FlushPace {
public:
    // A run of messages begins.
    void begin() noexcept {
        next_ = kFirst;
        written_ = 0;
    }

    // One message more has been written. Whether to send what there is.
    [[nodiscard]] bool is_due() noexcept {
        if (++written_ < next_) return false;
        next_ = 2 * written_;
        return true;
    }

    static constexpr std::size_t kFirst = 16;

private:
    std::size_t next_ = kFirst;
    std::size_t written_ = 0;
};

}  // namespace rollcall::rpc
