#include "watch_table.h"

#include <algorithm>

namespace rollcall::registry {

WatchTable::Id WatchTable::park(std::vector<std::string> keys, TimePoint until) {
    const Id id = ++last_id_;
    for (const std::string& key : keys)
        keys_[key].waiters.insert(id);
    ends_.emplace(until, id);
    waiters_.emplace(id, Waiter{std::move(keys), until});
    return id;
}

void WatchTable::drop(Id id) {
    const auto waiter = waiters_.find(id);
    if (waiter == waiters_.end()) return;
    for (const std::string& name : waiter->second.keys) {
        if (const auto key = keys_.find(name); key != keys_.end()) key->second.waiters.erase(id);
    }
    ends_.erase({waiter->second.until, id});
    waiters_.erase(waiter);
}

void WatchTable::touch(std::string_view name, TimePoint now) {
    const auto found = keys_.find(name);
    // Nobody waits, and nobody was woken lately.
    if (found == keys_.end() || found->second.is_due) return;
    Key& key = found->second;
    if (key.waiters.empty() && is_rested(key, now)) {
        keys_.erase(found);
        return;
    }
    key.due = due_time(key, now);
    key.is_due = true;
    due_.emplace(key.due, found->first);
}

bool WatchTable::is_due_later(std::string_view key) const {
    const auto found = keys_.find(key);
    return found != keys_.end() && found->second.is_due;
}

std::vector<WatchTable::Id> WatchTable::take_woken(TimePoint now) {
    std::vector<Id> woken;
    while (!due_.empty() && due_.begin()->first <= now) {
        Key& key = keys_.find(due_.begin()->second)->second;
        due_.erase(due_.begin());
        key.is_due = false;
        key.last = now;
        key.tokens -= 1;
        woken.insert(woken.end(), key.waiters.begin(), key.waiters.end());
    }
    std::sort(woken.begin(), woken.end());
    woken.erase(std::unique(woken.begin(), woken.end()), woken.end());
    forget_rested(now);
    return woken;
}

std::vector<WatchTable::Id> WatchTable::ended(TimePoint now) const {
    std::vector<Id> ids;
    for (auto each = ends_.begin(); each != ends_.end() && each->first <= now; ++each)
        ids.push_back(each->second);
    return ids;
}

TimePoint WatchTable::next() const {
    TimePoint next = TimePoint::max();
    if (!due_.empty()) next = due_.begin()->first;
    if (!ends_.empty()) next = std::min(next, ends_.begin()->first);
    return next;
}

// Refills the bucket, and says when there will be a token, and no earlier than the gap allows.
TimePoint WatchTable::due_time(Key& key, TimePoint now) const {
    if (key.last == TimePoint{}) {
        key.tokens = pace_.burst;
        return now;
    }
    // Tokens are taken at `last`; what has come since is added here, and `last` moves on so that
    // it is not added again.
    const double refilled =
        std::chrono::duration<double>(now - key.last) / std::chrono::duration<double>(pace_.refill);
    const double tokens = std::min<double>(key.tokens + refilled, pace_.burst);
    const TimePoint earliest = std::max(now, key.last + pace_.gap);
    key.tokens = tokens;
    if (tokens >= 1) return earliest;
    const auto missing = std::chrono::duration<double>(pace_.refill) * (1 - tokens);
    key.tokens = 1;  // when it is due
    return std::max(earliest, now + std::chrono::duration_cast<Duration>(missing));
}

bool WatchTable::is_rested(const Key& key, TimePoint now) const {
    return !key.is_due && now - key.last >= pace_.burst * pace_.refill;
}

// Keys that nobody waits for any more, each time that their number has doubled.
void WatchTable::forget_rested(TimePoint now) {
    if (keys_.size() < forget_at_) return;
    std::erase_if(keys_, [&](const auto& entry) {
        return entry.second.waiters.empty() && is_rested(entry.second, now);
    });
    forget_at_ = std::max<std::size_t>(64, 2 * keys_.size());
}

}  // namespace rollcall::registry
