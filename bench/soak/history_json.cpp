#include "history.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace rollcall::soak {
namespace {

using nlohmann::json;

std::string today() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm broken_down{};
    ::gmtime_r(&now, &broken_down);
    char text[16];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &broken_down)};
}

json number_or_null(double value) {
    return std::isnan(value) ? json{} : json(value);
}

json json_of(const KindFigures& kind) {
    return {
        {"ended", kind.ended},
        {"failed", kind.failed},
        {"p50_us", number_or_null(kind.p50_us)},
        {"p99_us", number_or_null(kind.p99_us)},
        {"p999_us", number_or_null(kind.p999_us)},
    };
}

json json_of(const Usage& usage) {
    return {
        {"resident_kib", usage.resident_kib},
        {"anonymous_kib", usage.anonymous_kib},
        {"descriptors", usage.descriptors},
        {"threads", usage.threads},
    };
}

json json_of(const Moment& moment) {
    return {
        {"seconds", moment.seconds},
        {"calls_per_second", moment.calls_per_second},
        {"failed", moment.figures.failed()},
        {"in_flight", moment.figures.in_flight},
        {"small", json_of(moment.figures.quick)},
    };
}

json kinds_of(const Figures& whole) {
    json kinds = json::object();
    for (std::size_t kind = 0; kind < kKinds; ++kind)
        kinds[std::string{name_of(static_cast<Kind>(kind))}] = json_of(whole.kinds[kind]);
    return kinds;
}

json processes_of(const Course& course) {
    json processes = json::array();
    for (const ProcessCourse& process : course.processes) {
        json samples = json::array();
        for (const Usage& usage : process.samples)
            samples.push_back(json_of(usage));
        processes.push_back({{"name", process.name}, {"samples", samples}});
    }
    return processes;
}

}  // namespace

void write_json(const History& history, const std::string& file) {
    json moments = json::array();
    for (const Moment& moment : history.moments)
        moments.push_back(json_of(moment));
    const json all{
        {"date", today()},
        {"seconds", history.course.seconds},
        {"complete", history.complete},
        {"capacity", history.capacity},
        {"intended_rate", history.course.intended_rate},
        {"achieved_rate", history.course.achieved_rate},
        {"kinds", kinds_of(history.whole)},
        {"small", json_of(history.whole.quick)},
        {"moments", moments},
        {"processes", processes_of(history.course)},
        {"findings", all_findings(history)},
    };
    const std::filesystem::path folder = std::filesystem::path{file}.parent_path();
    std::error_code ignored;  // then it cannot be written, which is said below
    if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
    std::ofstream out{file};
    out << all.dump(1) << '\n';
    out.close();
    if (!out) throw std::runtime_error{"cannot write " + file};
}

}  // namespace rollcall::soak
