#pragma once
// GET /metrics.

#include <rollcall/rpc/call_metrics.h>
#include <rollcall/rpc/server_facts.h>

#include <string>
#include <vector>

namespace rollcall::inspect {

// In the text format of Prometheus, version 0.0.4. `called`: of calls that the process makes, if it
// counts them.
[[nodiscard]] std::string metrics_text(
    const rpc::ServerHealth& health,
    const rpc::ServerStats& stats,
    const std::vector<rpc::MethodStats>& methods,
    const rpc::CallMetrics* called
);

}  // namespace rollcall::inspect
