#pragma once
// What a server tells about itself as self-describing maps: the results of `$/health` and
// `$/stats`, specified in docs/protocol.md.

#include <rollcall/codec/raw.h>
#include <rollcall/rpc/call_metrics.h>
#include <rollcall/rpc/server_facts.h>

#include <string_view>
#include <vector>

namespace rollcall::rpc {

inline constexpr std::string_view kHealthMethod = "$/health";
inline constexpr std::string_view kStatsMethod = "$/stats";

[[nodiscard]] codec::Raw health_report(const ServerHealth& health);

[[nodiscard]] codec::Raw stats_report(
    const ServerHealth& health, const ServerStats& stats, const std::vector<MethodStats>& methods
);

// Not a method's result, because it has to be gathered from the I/O threads.
[[nodiscard]] codec::Raw connections_report(const ConnectionList& list);

}  // namespace rollcall::rpc
