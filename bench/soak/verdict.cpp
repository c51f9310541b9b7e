#include "verdict.h"

#include <algorithm>
#include <cstdio>

namespace rollcall::soak {
namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    if (values.size() % 2 == 1) return values[middle];
    return (values[middle - 1] + values[middle]) / 2;
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f", value);
    return text;
}

void judge(const ProcessCourse& process, std::vector<std::string>& findings) {
    for (const Bound& bound : kBounds) {
        const auto quarters = quarters_of(process.samples, bound.value);
        if (!quarters || is_flat(*quarters, bound)) continue;
        findings.push_back(
            process.name + ": " + bound.what + ": grew from " + number(quarters->second) +
            " in the second quarter to " + number(quarters->last) + " in the last; at most " +
            number(quarters->second * (1 + bound.share) + bound.slack) + " would be flat"
        );
    }
}

}  // namespace

std::optional<Quarters> quarters_of(const std::vector<Usage>& samples, double Usage::*value) {
    if (samples.size() < kLeastSamples) return std::nullopt;
    std::vector<double> values;
    for (const Usage& usage : samples)
        values.push_back(usage.*value);
    const auto at = [&](std::size_t quarter) {
        return values.begin() + static_cast<std::ptrdiff_t>(values.size() * quarter / 4);
    };
    return Quarters{median({at(1), at(2)}), median({at(3), at(4)})};
}

bool can_tell_growth(const Course& course) {
    return course.seconds >= kLeastSecondsOfGrowth && !course.processes.empty() &&
           course.processes.front().samples.size() >= kLeastSamples;
}

bool is_flat(const Quarters& quarters, const Bound& bound) {
    return quarters.last <= quarters.second * (1 + bound.share) + bound.slack;
}

std::vector<std::string> findings_of(const Course& course) {
    std::vector<std::string> findings;
    if (course.failed > 0) {
        findings.push_back(
            std::to_string(course.failed) + " calls failed, first " + course.first_failure
        );
    }
    if (course.seconds >= kLeastSecondsOfRate &&
        course.achieved_rate < kLeastRate * course.intended_rate) {
        findings.push_back(
            "calls ended at " + number(course.achieved_rate) + " per second instead of " +
            number(course.intended_rate)
        );
    }
    if (!can_tell_growth(course)) return findings;
    for (const ProcessCourse& process : course.processes)
        judge(process, findings);
    return findings;
}

}  // namespace rollcall::soak
