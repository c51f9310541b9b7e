#pragma once
// GET /metrics.

#include <rollcall/rpc/call_metrics.h>
#include <rollcall/rpc/server_facts.h>

#include <string>
#include <vector>

namespace rollcall::inspect {

// In the text format of Prometheus, version 0.0.4.
[[nodiscard]] std::string metrics_text(
    const rpc::ServerHealth& health,
    const rpc::ServerStats& stats,
    const std::vector<rpc::MethodStats>& methods
);

}  // namespace rollcall::inspect
