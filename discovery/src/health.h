#pragma once
// Whether an instance is to be avoided, for what, and until when it is looked at again.

#include <rollcall/base/backoff.h>

#include <algorithm>
#include <cstdint>

namespace rollcall::discovery {

// Outcomes: of one instance, or of all.
struct Outcomes {
    std::uint64_t all = 0;
    std::uint64_t failed = 0;

    [[nodiscard]] double rate() const {
        return all == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(all);
    }

    friend Outcomes operator-(const Outcomes& a, const Outcomes& b) {
        return {a.all - std::min(a.all, b.all), a.failed - std::min(a.failed, b.failed)};
    }
};

// The outcomes of one instance and of all, over the same time: only so can they be compared.
struct SharedOutcomes {
    Outcomes own;
    Outcomes all;
};

// The recent past. Pure. The totals only grow; a window begins when it is asked for after a while,
// so that counting costs nothing while all is well.
class FailureWindow {
public:
    explicit FailureWindow(Duration window) : window_(window) {}

    // Of between a half and a whole window, or less if nobody has asked for so long. To be asked
    // after a failure, which is among the totals.
    [[nodiscard]] SharedOutcomes recent(const SharedOutcomes& totals, TimePoint now) {
        if (now - newer_at_ > window_) {
            // The failure is part of the new window.
            const Outcomes one{1, 1};
            older_ = newer_ = {totals.own - one, totals.all - one};
            newer_at_ = now;
        } else if (now - newer_at_ > window_ / 2) {
            older_ = newer_;
            newer_ = totals;
            newer_at_ = now;
        }
        return {totals.own - older_.own, totals.all - older_.all};
    }

private:
    const Duration window_;
    SharedOutcomes older_;
    SharedOutcomes newer_;
    TimePoint newer_at_{};
};

// Pure. One thread at a time. An instance that has failed is avoided until a probe, or a call for
// lack of others, has been answered by it; the pauses between probes grow. One that answers, but
// fails more often than others, answers probes too: there the pauses themselves count, and they go
// on growing unless it has behaved for a while.
class Health {
public:
    Health(BackoffOptions pauses, unsigned after)
        : pauses_(pauses), bad_pauses_(pauses), after_(after) {}

    [[nodiscard]] bool is_avoided() const { return avoided_; }

    // For the errors it answers with.
    [[nodiscard]] bool is_bad() const { return bad_; }

    [[nodiscard]] bool is_troubled() const { return avoided_ || in_a_row_ > 0; }

    // When it is looked at again, if it is avoided.
    [[nodiscard]] TimePoint probe_at() const { return probe_at_; }

    // It could not be reached, or did not answer. `at_once`: one such failure is enough. `unit` in
    // [0, 1) is the randomness. True if a probe is to be made that was not planned before.
    bool on_failure(bool at_once, TimePoint now, double unit) {
        ++in_a_row_;
        // Many calls fail with one connection: that counts once.
        if (avoided_ ? now < probe_at_ : !at_once && in_a_row_ < after_) return false;
        avoided_ = true;
        probe_at_ = now + pauses_.next(unit);
        return true;
    }

    // It fails more often than others.
    bool on_bad_rate(TimePoint now, double unit) {
        if (avoided_) return false;
        if (now - probe_at_ > kGoodConduct) bad_pauses_.reset();
        avoided_ = bad_ = true;
        probe_at_ = now + bad_pauses_.next(unit);
        return true;
    }

    // It has answered with a result, or a probe with anything.
    void on_success(TimePoint now) {
        in_a_row_ = 0;
        if (bad_ && now < probe_at_) return;
        avoided_ = bad_ = false;
        pauses_.reset();
    }

private:
    static constexpr Duration kGoodConduct = std::chrono::minutes{1};

    Backoff pauses_;
    Backoff bad_pauses_;
    const unsigned after_;
    unsigned in_a_row_ = 0;
    bool avoided_ = false;
    bool bad_ = false;
    TimePoint probe_at_{};
};

}  // namespace rollcall::discovery
