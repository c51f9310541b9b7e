#pragma once
// How many warnings of one kind are logged.

#include <rollcall/base/clock.h>

#include <cstddef>
#include <mutex>
#include <utility>

namespace rollcall::rpc {

// So many in each second, from the first of them on; the others are counted. Thread safety: any
// thread.
class WarningPace {
public:
    explicit WarningPace(std::size_t per_second) : per_second_(per_second) {}

    // Whether this one is logged; else it is counted.
    [[nodiscard]] bool take(TimePoint now) {
        const std::lock_guard lock{mutex_};
        if (now >= ends_ && left_out_ == 0) {
            ends_ = now + std::chrono::seconds{1};
            taken_ = 0;
        }
        const bool is_logged = taken_ < per_second_ && now < ends_;
        ++(is_logged ? taken_ : left_out_);
        return is_logged;
    }

    // Those that were counted, once their second is over. Until that has been asked for they count
    // on: what is reported comes between the seconds.
    [[nodiscard]] std::size_t take_left_out(TimePoint now) {
        const std::lock_guard lock{mutex_};
        return now >= ends_ ? std::exchange(left_out_, 0) : 0;
    }

private:
    const std::size_t per_second_;
    std::mutex mutex_;
    TimePoint ends_{};  // of the second
    std::size_t taken_ = 0;
    std::size_t left_out_ = 0;
};

}  // namespace rollcall::rpc
