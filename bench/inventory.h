#pragma once
// What scripts/bench needs to know of this build.

#include "contender.h"

#include <nlohmann/json_fwd.hpp>

namespace rollcall::bench {

[[nodiscard]] nlohmann::json inventory(const Contenders& all);

}  // namespace rollcall::bench
