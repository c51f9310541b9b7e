#include "top_table.h"

#include <rollcall/rpc/latency_counts.h>

#include <algorithm>
#include <map>
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

// What is added up of one row.
struct Sums {
    double calls = 0;
    double errors = 0;
    std::uint64_t in_flight = 0;
    double bytes = 0;
    rpc::LatencyCounts latency;
};

void add(Sums& sums, const Json* before, const Json& now, double seconds) {
    const auto rate = [&](double value, double was) { return (value - was) / seconds; };
    sums.calls += rate(now["calls"].get<double>(), before ? (*before)["calls"].get<double>() : 0);
    sums.errors += rate(sum_of(now["errors"]), before ? sum_of((*before)["errors"]) : 0);
    sums.in_flight += now["in_flight"].get<std::uint64_t>();
    sums.bytes += rate(bytes_of(now), before ? bytes_of(*before) : 0);
    sums.latency += latencies(before, now);
}

}  // namespace

Json top_rows(const std::vector<StatsPair>& servers, TopRows rows) {
    std::map<std::pair<std::string, std::string>, Sums> all;  // by method and instance
    for (const StatsPair& server : servers) {
        const double then = server.before.is_object() ? server.before["uptime_s"].get<double>() : 0;
        const double seconds = std::max(server.now["uptime_s"].get<double>() - then, 1e-3);
        for (const Json& method : server.now["methods"]) {
            const std::string of = rows == TopRows::by_instance ? server.endpoint : "";
            Sums& sums = all[{method["name"].get<std::string>(), of}];
            add(sums, find(server.before, method["name"]), method, seconds);
        }
    }
    std::vector<Json> list;
    for (const auto& [key, sums] : all) {
        Json row = Json::object();
        row["method"] = key.first;
        if (rows == TopRows::by_instance) row["instance"] = key.second;
        row["calls_per_second"] = sums.calls;
        row["errors_per_second"] = sums.errors;
        row["in_flight"] = sums.in_flight;
        row["p50_us"] = micros(sums.latency, 0.5);
        row["p99_us"] = micros(sums.latency, 0.99);
        row["bytes_per_second"] = sums.bytes;
        list.push_back(std::move(row));
    }
    std::stable_sort(list.begin(), list.end(), [](const Json& a, const Json& b) {
        return a["calls_per_second"].get<double>() > b["calls_per_second"].get<double>();
    });
    return Json(list);
}

}  // namespace rollcall::cli
