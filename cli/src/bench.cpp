#include "commands.h"
#include "load.h"
#include "output.h"

#include <cstdio>
#include <utility>
#include <vector>

namespace rollcall::cli {
namespace {

double microseconds(Duration duration) {
    return std::chrono::duration<double, std::micro>{duration}.count();
}

double seconds(Duration duration) {
    return std::chrono::duration<double>{duration}.count();
}

struct Measured {
    LoadReport report;
    Duration elapsed{};

    [[nodiscard]] double calls_per_second() const {
        return static_cast<double>(report.calls - report.failed) / seconds(elapsed);
    }

    [[nodiscard]] double quantile_us(double fraction) const {
        return microseconds(report.latency.quantile(fraction));
    }
};

Measured measure(std::vector<std::unique_ptr<Load>>& loads, Duration duration) {
    Measured measured;
    const TimePoint start = SteadyClock::now();
    for (const auto& load : loads)
        load->start(start + duration);
    for (const auto& load : loads)
        measured.report.add(load->wait());
    measured.elapsed = SteadyClock::now() - start;
    return measured;
}

void print_for_machines(const Measured& measured) {
    Json json = Json::object();
    json["calls"] = measured.report.calls;
    json["failed"] = measured.report.failed;
    json["seconds"] = seconds(measured.elapsed);
    json["calls_per_second"] = measured.calls_per_second();
    json["p50_us"] = measured.quantile_us(0.5);
    json["p99_us"] = measured.quantile_us(0.99);
    json["p999_us"] = measured.quantile_us(0.999);
    json["errors"] = Json::object();
    for (const auto& [code, count] : measured.report.errors)
        json["errors"][code] = count;
    if (!measured.report.first_error.empty()) json["first_error"] = measured.report.first_error;
    print_json(json);
}

std::string with_one_decimal(double number) {
    std::vector<char> text(64);
    const int length = std::snprintf(text.data(), text.size(), "%.1f", number);
    return {text.data(), static_cast<std::size_t>(length)};
}

void print_for_people(const Measured& measured) {
    const LoadReport& report = measured.report;
    std::vector<std::vector<std::string>> rows{
        {"calls", std::to_string(report.calls)},
        {"failed", std::to_string(report.failed)},
        {"seconds", with_one_decimal(seconds(measured.elapsed))},
        {"calls per second", std::to_string(std::uint64_t(measured.calls_per_second()))},
        {"p50", with_one_decimal(measured.quantile_us(0.5)) + " us"},
        {"p99", with_one_decimal(measured.quantile_us(0.99)) + " us"},
        {"p99.9", with_one_decimal(measured.quantile_us(0.999)) + " us"}};
    for (const auto& [code, count] : report.errors)
        rows.push_back({"failed: " + code, std::to_string(count)});
    print_table(rows);
    if (!report.first_error.empty()) print_line("the first error: " + report.first_error);
}

}  // namespace

int bench(const CommandLine& line) {
    const Settings& settings = line.settings;
    const auto invocation = invocation_of(line);
    if (!invocation) return misuse(invocation.error().message());
    std::vector<std::unique_ptr<Load>> loads;
    for (std::size_t i = 0; i < settings.threads; ++i) {
        rpc::IoThreads io{1};
        auto target = open_target(line.names[0], settings, io);
        if (!target) return misuse(target.error().message());
        // What is measured are calls, not the connections to make them.
        const auto ready = (*target)->wait_ready(settings.deadline());
        if (!ready) return fail(settings, ready.error());
        loads.push_back(std::make_unique<Load>(
            std::move(io), *std::move(target), *invocation, settings.in_flight
        ));
    }
    const Measured measured = measure(loads, settings.duration);
    if (settings.json) {
        print_for_machines(measured);
    } else {
        print_for_people(measured);
    }
    return measured.report.failed == 0 ? kOk : kFailed;
}

}  // namespace rollcall::cli
