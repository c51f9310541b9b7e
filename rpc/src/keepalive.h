#pragma once
// Finds peers that are gone without a word: a machine without power, a process that is stopped.

#include <rollcall/base/deadline.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rollcall::rpc {

// Whatever comes from the peer is a sign of life; it is asked for one only when something is
// awaited of it and it has been silent. Pure.
class Keepalive {
public:
    enum class Step {
        nothing,
        ask,      // send `$/ping`; any answer will do
        give_up,  // the peer is gone
    };

    // Interval zero: never.
    Keepalive(Duration interval, Duration timeout) : interval_(interval), timeout_(timeout) {}

    [[nodiscard]] bool is_on() const { return interval_ > Duration::zero(); }

    // Something is awaited from now on, if it was not before: silence counts from here.
    void await(TimePoint now) {
        if (waiting_) return;
        waiting_ = true;
        since_ = now;
    }

    // `heard`: when something last came. `unread`: how many bytes wait for the peer, asked only
    // when it matters: one that takes them, however slowly, cannot have come to the question yet.
    template <class Unread>
    [[nodiscard]] Step look(bool waits, TimePoint heard, TimePoint now, Unread&& unread) {
        if (!waits || !is_on()) {
            waiting_ = false;
            asked_.reset();
            return Step::nothing;
        }
        await(now);
        if (asked_ && heard > *asked_) asked_.reset();
        if (!asked_ && now - quiet_since(heard) < interval_) return Step::nothing;
        if (!asked_) {
            asked_ = now;
            unread_ = unread();
            return Step::ask;
        }
        if (now - *asked_ < timeout_) return Step::nothing;
        const std::size_t left = unread();
        if (left >= unread_) return Step::give_up;
        asked_ = now;
        unread_ = left;
        return Step::nothing;
    }

    // When to look again; never while nothing is awaited.
    [[nodiscard]] Deadline next(TimePoint heard) const {
        if (!waiting_ || !is_on()) return Deadline::never();
        if (asked_ && heard <= *asked_) return Deadline::in(timeout_, *asked_);
        return Deadline::in(interval_, quiet_since(heard));
    }

private:
    [[nodiscard]] TimePoint quiet_since(TimePoint heard) const { return std::max(heard, since_); }

    Duration interval_;
    Duration timeout_;
    bool waiting_ = false;
    TimePoint since_{};
    std::optional<TimePoint> asked_;
    std::size_t unread_ = 0;
};

}  // namespace rollcall::rpc
