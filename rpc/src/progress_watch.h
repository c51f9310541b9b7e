#pragma once
// Notices transfers that stand still.

#include <rollcall/base/clock.h>

#include <cstdint>

namespace rollcall::rpc {

// Fed now and then with how far a transfer has come; it stalls if it has not come on by `step`
// within the time allowed. The time begins with the first look that sees the transfer, so that
// nobody is given up early by the time between two looks. Pure.
class ProgressWatch {
public:
    // There is nothing to transfer now.
    void rest() { resting_ = true; }

    // `transfer` names what is under way: another one starts anew.
    void look(std::uint64_t transfer, std::uint64_t done, std::uint64_t step, TimePoint now) {
        if (!resting_ && transfer == transfer_ && done < done_ + step) return;
        resting_ = false;
        transfer_ = transfer;
        done_ = done;
        since_ = now;
    }

    [[nodiscard]] bool stalled_for(Duration allowed, TimePoint now) const {
        return !resting_ && now - since_ >= allowed;
    }

private:
    bool resting_ = true;
    TimePoint since_{};
    std::uint64_t transfer_ = 0;
    std::uint64_t done_ = 0;
};

}  // namespace rollcall::rpc
