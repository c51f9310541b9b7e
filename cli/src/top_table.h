#pragma once
// What two looks at the counters of servers say about the time between them. Pure.

#include "json_value.h"

#include <cstddef>
#include <string>
#include <vector>

namespace rollcall::cli {

// Two results of `$/stats` of one server. `before` may be null: then all is counted since the
// server's start.
struct StatsPair {
    std::string endpoint;
    json::Json before;
    json::Json now;
};

enum class TopRows { by_method, by_instance };

// [{"method","calls_per_second","errors_per_second","in_flight","p50_us","p99_us",
// "bytes_per_second"}], the busiest first: sums over the servers, or with "instance" a row for each
// method of each. Without calls between the looks, the latencies are null.
[[nodiscard]] json::Json top_rows(
    const std::vector<StatsPair>& servers, TopRows rows = TopRows::by_method
);

// How much there is room for; 0: as much as there is.
struct ScreenSize {
    std::size_t lines = 0;
    std::size_t columns = 0;
};

// The rows as lines of text below a heading. Where they do not fit, the columns that say least go
// first, then the ends of names, and the idlest rows. What came from others is escaped.
[[nodiscard]] std::vector<std::string> top_lines(
    const std::string& heading, const json::Json& rows, ScreenSize size = ScreenSize()
);

}  // namespace rollcall::cli
