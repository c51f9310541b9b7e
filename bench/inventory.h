#pragma once
// What scripts/bench needs to know of this build.

#include "contender.h"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace rollcall::bench {

// `own`: workloads of one's own, which are listed after the others.
[[nodiscard]] nlohmann::json inventory(const Contenders& all, const std::vector<Workload>& own);

}  // namespace rollcall::bench
