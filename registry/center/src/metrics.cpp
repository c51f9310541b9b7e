#include "metrics.h"

#include <rollcall/http/process_metrics.h>

#include <array>
#include <chrono>
#include <map>
#include <string>

namespace rollcall::registry {
namespace {

using http::MetricsText;
using http::number_text;

constexpr std::array kAllStatuses{Status::up, Status::starting, Status::draining, Status::down};

void write_instances(MetricsText& text, const Center& center) {
    text.family(
        "rollcall_registry_instances", "gauge", "Instances on the list, by effective status."
    );
    // In order, so that two scrapes can be compared by eye.
    std::map<std::string_view, const ServiceRecord*> services;
    for (const auto& [name, service] : center.store.services())
        services.emplace(name, &service);
    for (const auto& [name, service] : services) {
        std::array<std::uint64_t, kAllStatuses.size()> numbers{};
        for (const auto& [id, record] : service->instances)
            ++numbers[static_cast<std::size_t>(record.instance->effective_status())];
        for (const Status status : kAllStatuses) {
            text.sample(
                numbers[static_cast<std::size_t>(status)],
                {{"service", name}, {"status", name_of(status)}}
            );
        }
    }
    text.single("rollcall_registry_services", "gauge", "Services with instances.", services.size());
    text.single(
        "rollcall_registry_held_instances",
        "gauge",
        "Instances listed although their lease ran out.",
        center.store.held_count()
    );
}

void write_counters(MetricsText& text, const Counters& counters) {
    const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
        text.single("rollcall_registry_" + std::string{name} + "_total", "counter", help, value);
    };
    counter("heartbeats", "Leases renewed.", counters.heartbeats);
    counter("heartbeats_missing", "Heartbeats for what is not listed.", counters.missing);
    counter("registrations", "Instances new on the list or taken over.", counters.registered);
    counter("expiries", "Instances that left because their lease ran out.", counters.expired);
    counter("holds", "Leases held instead of ended.", counters.held);
    counter("departures", "Instances that left by request.", counters.left);
    counter("rejected_tokens", "Requests with unknown tokens.", counters.rejected_tokens);
}

void write_times(MetricsText& text, const RequestTimes& times) {
    text.family(
        "rollcall_registry_request_duration_seconds",
        "histogram",
        "From a request being whole to its answer, or to its being parked."
    );
    for (std::size_t route = 0; route < kRoutes.size(); ++route) {
        const auto& histogram = times.of(route);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
            sum += histogram.counts[i];
            const std::string bound =
                i < kBucketBounds.size() ? number_text(kBucketBounds[i]) : "+Inf";
            text.sample(sum, {{"route", kRoutes[route]}, {"le", bound}}, "_bucket");
        }
        text.sample(histogram.seconds, {{"route", kRoutes[route]}}, "_sum");
        text.sample(sum, {{"route", kRoutes[route]}}, "_count");
    }
}

}  // namespace

std::optional<http::Response> metrics_answer(
    const http::Request& request,
    const Center& center,
    const RequestTimes& times,
    std::size_t connections,
    TimePoint now
) {
    if (request.path.size() != 1 || request.path[0] != "metrics") return std::nullopt;
    if (request.method != "GET") return method_not_allowed(request, "GET, HEAD");
    MetricsText text;
    write_instances(text, center);
    write_counters(text, center.counters);
    text.single("rollcall_registry_watchers", "gauge", "Parked requests.", center.watches.size());
    text.single(
        "rollcall_registry_connections", "gauge", "Open connections of clients.", connections
    );
    text.single(
        "rollcall_registry_uptime_seconds",
        "gauge",
        "Since the registry was started.",
        std::chrono::duration<double>(now - center.started).count()
    );
    http::write_process_metrics(text);
    write_times(text, times);
    http::Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = std::make_shared<const std::string>(std::move(text).take());
    return std::move(response).with_header("Cache-Control", "no-store");
}

}  // namespace rollcall::registry
