#include "metrics.h"

#include <rollcall/http/metrics_text.h>
#include <rollcall/http/process_metrics.h>

namespace rollcall::inspect {
namespace {

using http::MetricsText;
using rpc::MethodStats;

double seconds(Duration time) {
    return std::chrono::duration<double>(time).count();
}

// The words of one end: "rollcall_server".
struct End {
    std::string prefix;
    std::string_view duration;  // what is measured
};

void write_calls(MetricsText& text, const End& end, const std::vector<MethodStats>& methods) {
    text.family(end.prefix + "_calls_total", "counter", "Calls that ended, by outcome.");
    for (const MethodStats& method : methods) {
        text.sample(method.ok, {{"method", method.name}, {"outcome", "ok"}});
        for (const auto& [name, number] : method.errors)
            text.sample(number, {{"method", method.name}, {"outcome", name}});
    }
    text.family(end.prefix + "_calls_in_flight", "gauge", "Calls that have not ended.");
    for (const MethodStats& method : methods)
        text.sample(method.in_flight, {{"method", method.name}});
    text.family(end.prefix + "_request_bytes_total", "counter", "Bytes of requests.");
    for (const MethodStats& method : methods)
        text.sample(method.request_bytes, {{"method", method.name}});
    text.family(end.prefix + "_reply_bytes_total", "counter", "Bytes of replies.");
    for (const MethodStats& method : methods)
        text.sample(method.reply_bytes, {{"method", method.name}});
}

void write_times(MetricsText& text, const End& end, const std::vector<MethodStats>& methods) {
    text.family(end.prefix + "_call_duration_seconds", "histogram", end.duration);
    for (const MethodStats& method : methods) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < rpc::kLatencyBuckets; ++i) {
            sum += method.latency.buckets[i];
            const std::string bound = i < rpc::kLatencyBounds.size()
                                          ? http::number_text(seconds(rpc::kLatencyBounds[i]))
                                          : "+Inf";
            text.sample(sum, {{"method", method.name}, {"le", bound}}, "_bucket");
        }
        text.sample(seconds(method.latency.sum), {{"method", method.name}}, "_sum");
        text.sample(sum, {{"method", method.name}}, "_count");
    }
}

void write_server(
    MetricsText& text, const rpc::ServerHealth& health, const rpc::ServerStats& stats
) {
    text.family("rollcall_server_info", "gauge", "Always 1; its labels say what this is.");
    text.sample(std::uint64_t{1}, {{"name", health.name}, {"version", ROLLCALL_VERSION}});
    const bool serves = health.status == rpc::ServerStatus::serving;
    text.single(
        "rollcall_server_serving", "gauge", "1 while it takes new work.", std::uint64_t{serves}
    );
    text.single(
        "rollcall_server_uptime_seconds", "gauge", "Since it was started.", seconds(health.uptime)
    );
    text.single("rollcall_server_connections", "gauge", "Open connections.", stats.connections);
    text.single(
        "rollcall_server_in_flight_request_bytes",
        "gauge",
        "Bytes of requests that handlers work on.",
        stats.in_flight_bytes
    );
    const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
        text.single("rollcall_server_" + std::string{name} + "_total", "counter", help, value);
    };
    counter("connections_accepted", "Connections that came.", stats.accepted);
    counter("connections_refused", "Connections over the limit.", stats.refused);
    counter("received_bytes", "Bytes read from connections.", stats.bytes_read);
    counter("sent_bytes", "Bytes written to connections.", stats.bytes_written);
    counter("protocol_errors", "Connections closed for what they sent.", stats.protocol_errors);
    counter("unauthenticated", "Requests without a valid token.", stats.unauthenticated);
    counter("dropped_notifications", "Notifications not sent.", stats.dropped_notifications);
    counter("failed_handshakes", "TLS handshakes that failed.", stats.failed_handshakes);
}

}  // namespace

std::string metrics_text(
    const rpc::ServerHealth& health,
    const rpc::ServerStats& stats,
    const std::vector<MethodStats>& methods,
    const rpc::CallMetrics* called
) {
    MetricsText text;
    write_server(text, health, stats);
    const End served{"rollcall_server", "From a request being read to its reply being written."};
    write_calls(text, served, methods);
    write_times(text, served, methods);
    if (called != nullptr) {
        const End calls{"rollcall_client", "From a call being made to its end."};
        const std::vector<MethodStats> all = called->read();
        write_calls(text, calls, all);
        write_times(text, calls, all);
    }
    http::write_process_metrics(text);
    return std::move(text).take();
}

}  // namespace rollcall::inspect
