#include "rate_table.h"

#include <algorithm>

namespace rollcall::rpc {

std::optional<Duration> TokenBucket::take(const Rate& rate, TimePoint now) noexcept {
    if (now > filled_) {
        const double seconds = std::chrono::duration<double>(now - filled_).count();
        tokens_ = std::min(rate.burst, tokens_ + seconds * rate.per_second);
        filled_ = now;
    }
    if (tokens_ >= 1) {
        tokens_ -= 1;
        return std::nullopt;
    }
    // What is longer than the clock counts is as good as a day.
    const double seconds = std::min((1 - tokens_) / rate.per_second, 86400.0);
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

std::optional<Duration> RateTable::take(std::string_view key, TimePoint now) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        order_.splice(order_.begin(), order_, found->second);
        return found->second->bucket.take(rate_, now);
    }
    if (by_key_.size() >= max_keys_) {
        by_key_.erase(order_.back().key);
        order_.pop_back();
    }
    order_.push_front(Entry{std::string{key}, TokenBucket{rate_, now}});
    by_key_.emplace(order_.front().key, order_.begin());
    return order_.front().bucket.take(rate_, now);
}

}  // namespace rollcall::rpc
