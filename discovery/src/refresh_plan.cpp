#include "refresh_plan.h"

#include <algorithm>

namespace rollcall::discovery {
namespace {

BackoffOptions backoff_up_to(Duration longest) {
    BackoffOptions options;
    options.min = std::min<Duration>(std::chrono::milliseconds{200}, longest);
    options.max = longest;
    return options;
}

Duration hold_of(const registry::Snapshot& full, Duration least) {
    using Milliseconds = std::chrono::milliseconds;
    Duration hold = least;
    for (const registry::Instance& instance : full.instances)
        hold = std::max<Duration>(hold, std::min<Milliseconds>(instance.ttl, kLongestTime));
    return hold;
}

}  // namespace

RefreshPlan::RefreshPlan(RefreshTimes times, TimePoint now)
    : times_(times),
      backoff_(backoff_up_to(times.refresh)),
      due_(now),
      last_end_(now),
      last_answer_(now) {
}

bool RefreshPlan::hurry(TimePoint now) {
    wanted_ = std::max(wanted_, Wanted::soon);
    const TimePoint soon = std::max(now, last_end_ + times_.hurry_gap);
    if (soon >= due_) return false;
    due_ = soon;
    return true;
}

void RefreshPlan::demand(TimePoint now) {
    wanted_ = Wanted::at_once;
    due_ = now;
}

void RefreshPlan::on_begin() {
    wanted_ = Wanted::on_time;
}

void RefreshPlan::on_answer(TimePoint now, double unit) {
    last_answer_ = now;
    on_confirmed(now, unit);
}

void RefreshPlan::on_confirmed(TimePoint now, double unit) {
    if (now - last_answer_ >= times_.full_read) return end(now, now);
    backoff_.reset();
    const auto early = std::chrono::duration<double>(times_.refresh) * (unit / 10);
    end(now, now + times_.refresh - std::chrono::duration_cast<Duration>(early));
}

void RefreshPlan::on_failure(TimePoint now, double unit) {
    end(now, now + backoff_.next(unit));
}

void RefreshPlan::end(TimePoint now, TimePoint due) {
    last_end_ = now;
    due_ = due;
    if (wanted_ == Wanted::soon) hurry(now);
    if (wanted_ == Wanted::at_once) demand(now);
}

bool RefreshPlan::believes(
    const registry::Snapshot* current, const registry::Snapshot& fresh, TimePoint now
) {
    const bool suspicious =
        current != nullptr && !current->instances.empty() && fresh.instances.empty() &&
        (epoch_of(fresh.index).empty() || epoch_of(fresh.index) != epoch_of(current->index));
    if (!suspicious) {
        empty_since_.reset();
        return true;
    }
    if (!empty_since_) empty_since_ = now;
    if (now - *empty_since_ < hold_of(*current, times_.empty_hold)) return false;
    empty_since_.reset();
    return true;
}

std::string_view epoch_of(std::string_view index) {
    const std::size_t dot = index.rfind('.');
    return dot == std::string_view::npos ? std::string_view{} : index.substr(0, dot);
}

}  // namespace rollcall::discovery
