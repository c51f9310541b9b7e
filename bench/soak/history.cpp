#include "history.h"

#include <cstdio>

namespace rollcall::soak {
namespace {

constexpr double kKibPerMib = 1024;

void print_kind(std::string_view name, const KindFigures& kind) {
    std::printf(
        "%-16s %12llu %8llu %10.0f %10.0f %10.0f\n",
        std::string{name}.c_str(),
        static_cast<unsigned long long>(kind.ended),
        static_cast<unsigned long long>(kind.failed),
        kind.p50_us,
        kind.p99_us,
        kind.p999_us
    );
}

void print_growth(const ProcessCourse& process) {
    for (const Bound& bound : kBounds) {
        const auto quarters = quarters_of(process.samples, bound.value);
        if (!quarters) continue;
        std::printf(
            "%-10s %-22s %12.0f %12.0f %+9.0f\n",
            process.name.c_str(),
            bound.what,
            quarters->second,
            quarters->last,
            quarters->last - quarters->second
        );
    }
}

void print_calls(const History& history) {
    std::printf("\ncalls                   ended   failed     p50 us     p99 us   p99.9 us\n");
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        if (kind == index_of(Kind::timed_out)) std::printf("with the error that is expected:\n");
        print_kind(name_of(static_cast<Kind>(kind)), history.whole.kinds[kind]);
    }
    print_kind("all small calls", history.whole.quick);
    std::printf(
        "%.0f calls per second of %.0f intended, in %.0f s\n\n",
        history.course.achieved_rate,
        history.course.intended_rate,
        history.course.seconds
    );
}

}  // namespace

std::vector<std::string> all_findings(const History& history) {
    std::vector<std::string> findings = findings_of(history.course);
    for (const std::string& name : history.ended)
        findings.push_back(name + " has ended");
    return findings;
}

void print_head(const History& history) {
    if (history.capacity > 0)
        std::printf("the servers can do %.0f calls per second of this mixture\n", history.capacity);
    std::printf(
        "%.0f calls per second for %.0f s; memory in MiB, descriptors, threads of each process\n",
        history.course.intended_rate,
        history.wanted_seconds
    );
    std::printf("      s   calls/s failed in flight    p50 us    p99 us  p99.9 us");
    for (const ProcessCourse& process : history.course.processes)
        std::printf("  %14s", process.name.c_str());
    std::printf("\n");
    std::fflush(stdout);
}

void print_moment(const History& history) {
    const Moment& moment = history.moments.back();
    std::printf(
        "%7.1f %9.0f %6llu %9llu %9.0f %9.0f %9.0f",
        moment.seconds,
        moment.calls_per_second,
        static_cast<unsigned long long>(moment.figures.failed()),
        static_cast<unsigned long long>(moment.figures.in_flight),
        moment.figures.quick.p50_us,
        moment.figures.quick.p99_us,
        moment.figures.quick.p999_us
    );
    for (const ProcessCourse& process : history.course.processes) {
        const Usage& usage = process.samples.back();
        std::printf(
            "  %6.1f %3.0f %3.0f", usage.resident_kib / kKibPerMib, usage.descriptors, usage.threads
        );
    }
    std::printf("\n");
    std::fflush(stdout);
}

void print_summary(const History& history) {
    if (history.course.seconds > 0) print_calls(history);
    if (!can_tell_growth(history.course)) {
        std::printf("too short to tell whether anything has grown\n");
    } else {
        std::printf("medians of                         2nd quarter last quarter   growth\n");
        for (const ProcessCourse& process : history.course.processes)
            print_growth(process);
    }
    if (!history.complete) std::printf("it was ended before its time\n");
    const std::vector<std::string> findings = all_findings(history);
    for (const std::string& finding : findings)
        std::printf("FAILED: %s\n", finding.c_str());
    if (findings.empty()) std::printf("soak: passed\n");
    std::fflush(stdout);
}

}  // namespace rollcall::soak
