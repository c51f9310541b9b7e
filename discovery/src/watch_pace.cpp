#include "watch_pace.h"

#include <algorithm>

namespace rollcall::discovery {
namespace {

constexpr Duration kGap = std::chrono::milliseconds{50};
constexpr Duration kRefill = std::chrono::seconds{1};

}  // namespace

void WatchPace::on_early_end(TimePoint now) {
    const std::chrono::duration<double> refill = kRefill;
    tokens_ = std::min(kBurst, tokens_ + (now - counted_) / refill);
    counted_ = now;
    tokens_ = std::max(0.0, tokens_ - 1);
    const auto until_next = std::chrono::duration_cast<Duration>(refill * (1 - tokens_));
    next_ = now + std::max(kGap, until_next);
}

}  // namespace rollcall::discovery
