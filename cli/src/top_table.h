#pragma once
// What two looks at a server's counters say about the time between them. Pure.

#include "json_value.h"

#include <string>
#include <vector>

namespace rollcall::cli {

// [{"method","calls_per_second","errors_per_second","in_flight","p50_us","p99_us",
// "bytes_per_second"}], the busiest first, of two results of `$/stats`. Without calls between them,
// the latencies are null. `before` may be null: then all is counted since the server's start.
[[nodiscard]] json::Json top_rows(const json::Json& before, const json::Json& now);

// The same as a table with its heading.
[[nodiscard]] std::vector<std::vector<std::string>> top_table(const json::Json& rows);

}  // namespace rollcall::cli
