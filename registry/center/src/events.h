#pragma once
// What has happened, for people: who came, who left, and how.

#include "center.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace rollcall::registry {

// {"index":...,"events":[{"index","time","kind","service","id","endpoint","status","via"},...]},
// the oldest first. What was restored from a snapshot is no news.

// The first events after change `number`; nothing if there are none. Those that are no longer
// remembered are missing.
[[nodiscard]] std::optional<IndexedText> events_after(
    const Center& center, std::uint64_t number, TimePoint now
);

// The last ones, perhaps none.
[[nodiscard]] IndexedText latest_events(const Center& center, TimePoint now);

}  // namespace rollcall::registry
