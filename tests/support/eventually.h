#pragma once
// Waiting for something that another thread or process brings about.

#include <rollcall/base/clock.h>

#include <functional>

namespace rollcall::tests {

// The longest that any test waits for something that should happen soon.
inline constexpr Duration kMaxWait = std::chrono::seconds{20};

// Polls `holds` until it is true or `limit` has passed; the last answer. The poll is the only
// sleep of the test suite: it ends as soon as the event has happened.
[[nodiscard]] bool eventually(const std::function<bool()>& holds, Duration limit = kMaxWait);

}  // namespace rollcall::tests
