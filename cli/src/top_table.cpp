#include "top_table.h"

#include <rollcall/rpc/latency_counts.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace rollcall::cli {
namespace {

using json::Json;

double sum_of(const Json& numbers) {
    double sum = 0;
    for (const auto& each : numbers)
        sum += each.get<double>();
    return sum;
}

double bytes_of(const Json& method) {
    return method["request_bytes"].get<double>() + method["reply_bytes"].get<double>();
}

const Json* find(const Json& stats, const Json& name) {
    if (!stats.is_object()) return nullptr;
    for (const Json& method : stats["methods"]) {
        if (method["name"] == name) return &method;
    }
    return nullptr;
}

rpc::LatencyCounts latencies(const Json* before, const Json& now) {
    rpc::LatencyCounts counts;
    const Json& buckets = now["buckets"];
    for (std::size_t i = 0; i < std::min(buckets.size(), counts.buckets.size()); ++i) {
        const auto old = before != nullptr ? (*before)["buckets"][i].get<std::uint64_t>() : 0;
        counts.buckets[i] = buckets[i].get<std::uint64_t>() - old;
    }
    return counts;
}

Json micros(const rpc::LatencyCounts& counts, double fraction) {
    if (counts.total() == 0) return nullptr;
    const auto us = std::chrono::duration<double, std::micro>(counts.quantile(fraction)).count();
    return us;
}

std::string text_of(const Json& number) {
    if (number.is_null()) return "-";
    const auto value = number.get<double>();
    char text[32];
    std::snprintf(text, sizeof text, value > 0 && value < 10 ? "%.1f" : "%.0f", value);
    return text;
}

}  // namespace

Json top_rows(const Json& before, const Json& now) {
    std::vector<Json> rows;
    const double then = before.is_object() ? before["uptime_s"].get<double>() : 0;
    const double seconds = std::max(now["uptime_s"].get<double>() - then, 1e-3);
    for (const Json& method : now["methods"]) {
        const Json* const old = find(before, method["name"]);
        const auto rate = [&](double value, double was) { return (value - was) / seconds; };
        const rpc::LatencyCounts counts = latencies(old, method);
        Json row = Json::object();
        row["method"] = method["name"];
        row["calls_per_second"] =
            rate(method["calls"].get<double>(), old ? (*old)["calls"].get<double>() : 0);
        row["errors_per_second"] =
            rate(sum_of(method["errors"]), old ? sum_of((*old)["errors"]) : 0);
        row["in_flight"] = method["in_flight"];
        row["p50_us"] = micros(counts, 0.5);
        row["p99_us"] = micros(counts, 0.99);
        row["bytes_per_second"] = rate(bytes_of(method), old ? bytes_of(*old) : 0);
        rows.push_back(std::move(row));
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) {
        return a["calls_per_second"].get<double>() > b["calls_per_second"].get<double>();
    });
    return Json(rows);
}

std::vector<std::vector<std::string>> top_table(const Json& rows) {
    std::vector<std::vector<std::string>> table{
        {"METHOD", "CALLS/S", "ERRORS/S", "IN FLIGHT", "P50 US", "P99 US", "BYTES/S"}};
    for (const Json& row : rows) {
        table.push_back(
            {row["method"].get<std::string>(),
             text_of(row["calls_per_second"]),
             text_of(row["errors_per_second"]),
             text_of(row["in_flight"]),
             text_of(row["p50_us"]),
             text_of(row["p99_us"]),
             text_of(row["bytes_per_second"])}
        );
    }
    return table;
}

}  // namespace rollcall::cli
