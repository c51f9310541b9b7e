#pragma once
// When calls are due.

#include <cstdint>

namespace rollcall::soak {

// How many calls are due by which millisecond: no rounding adds up. Pure.
class Schedule {
public:
    explicit Schedule(double per_second) : per_second_(per_second) {}

    [[nodiscard]] std::uint64_t due_by(std::uint64_t millisecond) const {
        return static_cast<std::uint64_t>(per_second_ * static_cast<double>(millisecond) / 1000);
    }

private:
    double per_second_;
};

}  // namespace rollcall::soak
