#include <rollcall/base/backoff.h>

#include <algorithm>
#include <cmath>

namespace rollcall {

Duration Backoff::next(double unit) {
    // 2^40 times any sane minimum is beyond any sane maximum; the cap keeps pow() finite.
    const double factor = std::pow(options_.growth, static_cast<double>(std::min(failures_, 40U)));
    ++failures_;
    const double grown = static_cast<double>(options_.min.count()) * factor;
    const double capped = std::min(grown, static_cast<double>(options_.max.count()));
    const double drawn = capped * (1.0 - options_.jitter * unit);
    // The nearest double to Duration::max() is beyond it.
    if (drawn >= static_cast<double>(Duration::max().count())) return Duration::max();
    return Duration{static_cast<Duration::rep>(drawn)};
}

}  // namespace rollcall
