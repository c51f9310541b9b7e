#pragma once
// The ways to choose an instance, in the order of their rows.

#include <rollcall/discovery/selector.h>

#include <array>

namespace rollcall::bench {

inline constexpr std::array kSelectModes{
    discovery::SelectMode::random,
    discovery::SelectMode::round_robin,
    discovery::SelectMode::weighted,
    discovery::SelectMode::consistent_hash,
    discovery::SelectMode::least_loaded,
};

}  // namespace rollcall::bench
