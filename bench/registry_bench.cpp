// What the registry costs: heartbeats against a handler that does nothing in the same HTTP engine,
// memory, and how fast a change gets to its watchers. One JSON object per row on standard output.
//
//     registry-bench [INSTANCES] [WATCHERS] [SECONDS]
#include <rollcall/http/server.h>
#include <rollcall/registry/registry_server.h>

#include "support/http_load.h"
#include "support/times.h"
#include "support/watcher_crowd.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace rollcall::bench {
namespace {

using tests::HttpLoad;
using tests::milliseconds;
using tests::percentile;
using tests::Pulse;
using tests::request_text;
using tests::WatcherCrowd;

using Json = nlohmann::ordered_json;

constexpr std::size_t kConnections = 64;
constexpr std::size_t kBatch = 10;

struct Size {
    std::size_t instances = 100'000;
    std::size_t watchers = 10'000;
    Duration time = std::chrono::seconds{2};
};

void print(const Json& row) {
    std::printf("%s\n", row.dump().c_str());
    std::fflush(stdout);
}

double resident_bytes() {
    std::ifstream file{"/proc/self/statm"};
    double pages = 0;
    file >> pages >> pages;
    return pages * 4096;
}

std::string service_of(std::size_t i) {
    return "service-" + std::to_string(i % 100);
}

std::string id_of(std::size_t i) {
    return "10.0." + std::to_string(i / 250 % 250) + "." + std::to_string(i % 250) + ":" +
           std::to_string(9000 + i / 62'500);
}

std::string put_of(std::size_t i, int weight = 100) {
    return request_text(
        "PUT",
        "/v1/services/" + service_of(i) + "/instances/" + id_of(i),
        R"({"address":"10.0.0.7","port":9000,"version":"1.2.3","zone":"a","ttl":600,)"
        R"("incarnation":"4f2a91c07be3","tags":["blue"],"meta":{"git":"0123abcd"},"weight":)" +
            std::to_string(weight) + "}"
    );
}

std::string beat_path(std::size_t i) {
    return "/v1/services/" + service_of(i) + "/instances/" + id_of(i) + "/heartbeat";
}

std::string beat_of(std::size_t i) {
    return request_text("PUT", beat_path(i));
}

std::string batch_of(std::size_t first) {
    std::string body = R"({"instances":[)";
    for (std::size_t i = first; i < first + kBatch; ++i) {
        if (i != first) body += ',';
        body += R"({"service":")" + service_of(i) + R"(","id":")" + id_of(i) +
                R"(","incarnation":"4f2a91c07be3"})";
    }
    return request_text("POST", "/v1/heartbeat", body + "]}");
}

Json row_of(const char* what, const HttpLoad::Figures& figures) {
    Json row;
    row["what"] = what;
    row["per_second"] = static_cast<double>(figures.requests) / figures.seconds;
    row["server_cpu_us"] = figures.server_cpu_us;
    row["client_cpu_us"] = figures.client_cpu_us;
    return row;
}

// Requests prepared beforehand, again and again.
HttpLoad::Figures repeat(HttpLoad& load, const std::vector<std::string>& requests, Duration time) {
    std::size_t at = 0;
    return load.run(
        [&](std::string& request) {
            request = requests[at++ % requests.size()];
            return true;
        },
        time
    );
}

std::vector<std::string> make_all(
    std::size_t count, std::size_t step, std::string (*make)(std::size_t)
) {
    std::vector<std::string> requests;
    for (std::size_t i = 0; i + step <= count; i += step)
        requests.push_back(make(i));
    return requests;
}

// A handler that does nothing, asked what the registry is asked: as many different requests cost
// the client as much, and push as much out of the caches that it shares with the server.
void measure_floor(std::size_t count, Duration time) {
    http::ServerOptions options;
    http::Server server{
        options, [](const http::Request& request, http::Responder responder) {
            responder.respond(
                request.method == "PUT"
                    ? http::Response::empty(204)
                    : http::Response::json(200, R"({"interval":5,"missing":[],"replaced":[]})")
            );
        }};
    server.start();
    HttpLoad load{server.endpoint(), kConnections};
    const std::string with = " with " + std::to_string(count) + " instances";
    print(row_of(("floor: single" + with).c_str(), repeat(load, make_all(count, 1, beat_of), time))
    );
    print(row_of(
        ("floor: batch of 10" + with).c_str(), repeat(load, make_all(count, kBatch, batch_of), time)
    ));
}

void measure_heartbeats(registry::RegistryServer& registry, std::size_t count, Duration time) {
    HttpLoad load{registry.endpoint(), kConnections};
    const std::string with = " with " + std::to_string(count) + " instances";
    print(row_of(("single" + with).c_str(), repeat(load, make_all(count, 1, beat_of), time)));
    print(row_of(
        ("batch of 10" + with).c_str(), repeat(load, make_all(count, kBatch, batch_of), time)
    ));
}

void list(registry::RegistryServer& registry, std::size_t from, std::size_t to) {
    HttpLoad load{registry.endpoint(), kConnections};
    const double before = resident_bytes();
    std::size_t at = from;
    const auto figures = load.run(
        [&](std::string& request) {
            if (at == to) return false;
            request = put_of(at++);
            return true;
        },
        std::chrono::minutes{10}
    );
    Json row = row_of(("registrations up to " + std::to_string(to)).c_str(), figures);
    row["bytes_per_instance"] = (resident_bytes() - before) / static_cast<double>(to - from);
    print(row);
}

Json percentiles(const std::vector<Duration>& times) {
    return {
        {"p50_ms", milliseconds(percentile(times, 0.5))},
        {"p99_ms", milliseconds(percentile(times, 0.99))},
        {"max_ms", milliseconds(percentile(times, 1))}};
}

void measure_watchers(registry::RegistryServer& registry, std::size_t count, int rounds) {
    const double before = resident_bytes();
    // One of their own: who is woken too often in a row has to wait.
    WatcherCrowd crowd{registry.endpoint(), "watched-by-" + std::to_string(count), count};
    std::vector<Duration> times;
    std::vector<Duration> last;
    std::vector<Duration> beats;
    Json row;
    row["what"] = std::to_string(count) + " watchers of one service";
    for (int round = 1; round <= rounds; ++round) {
        crowd.park();
        if (round == 1)
            row["bytes_per_watcher"] = (resident_bytes() - before) / static_cast<double>(count);
        Pulse pulse{registry.endpoint(), beat_path(0)};
        const std::vector<Duration> now = crowd.change();
        times.insert(times.end(), now.begin(), now.end());
        last.push_back(now.back());
        const auto more = pulse.stop();
        beats.insert(beats.end(), more.begin(), more.end());
    }
    row["change_reaches_one"] = percentiles(times);
    row["change_reaches_all"] = percentiles(last);
    row["heartbeat_meanwhile"] = percentiles(beats);
    print(row);
}

// What everything costs in Eureka's form, and how long heartbeats wait for it: first all of it has
// to be written, then what has changed. So soon after so many registrations a delta is everything.
void measure_eureka(
    registry::RegistryServer& registry, const std::string& target, const std::string& accept
) {
    static int weight = 100;
    HttpLoad load{registry.endpoint(), 1};
    const std::string request =
        "GET " + target + " HTTP/1.1\r\nHost: registry\r\nAccept: " + accept + "\r\n\r\n";
    for (const char* when : {"first", "after a change", "unchanged"}) {
        if (when == std::string_view{"after a change"}) {
            if (load.ask(put_of(0, ++weight)).empty())
                throw std::runtime_error{"the registry does not answer"};
        }
        Pulse pulse{registry.endpoint(), beat_path(0)};
        const TimePoint begun = SteadyClock::now();
        const std::size_t bytes = load.ask(request).size();
        const double took = milliseconds(SteadyClock::now() - begun);
        Json row;
        row["what"] = target + " as " + accept + ", " + when;
        row["bytes"] = bytes;
        row["answer_ms"] = took;
        row["heartbeat_meanwhile"] = percentiles(pulse.stop());
        print(row);
    }
}

void run(const Size& size) {
    const std::size_t few = std::min<std::size_t>(size.instances, 1000);
    measure_floor(few, size.time);
    measure_floor(size.instances, size.time);
    registry::RegistryServerOptions options;
    options.listen = Endpoint{"127.0.0.1", 0};
    options.log = Log::none();
    options.instances_max = size.instances + 2;  // and those that are watched
    registry::RegistryServer registry{options};
    registry.start();
    list(registry, 0, few);
    measure_heartbeats(registry, few, size.time);
    list(registry, few, size.instances);
    measure_heartbeats(registry, size.instances, size.time);
    for (const char* target : {"/eureka/apps", "/eureka/apps/delta"}) {
        measure_eureka(registry, target, "application/json");
        measure_eureka(registry, target, "application/xml");
    }
    // Again, for a machine that has become slower meanwhile.
    measure_floor(few, size.time);
    measure_floor(size.instances, size.time);
    const std::size_t thousand = std::min<std::size_t>(size.watchers, 1000);
    measure_watchers(registry, thousand, 15);
    measure_watchers(registry, size.watchers, 15);
    HttpLoad load{registry.endpoint(), 1};
    const auto status = nlohmann::json::parse(load.ask(request_text("GET", "/v1/status")));
    print(Json{{"what", "expired"}, {"count", status["expired"].get<int>()}});
}

}  // namespace
}  // namespace rollcall::bench

int main(int argc, char** argv) {
    rollcall::bench::Size size;
    if (argc > 1) size.instances = std::strtoul(argv[1], nullptr, 10);
    if (argc > 2) size.watchers = std::strtoul(argv[2], nullptr, 10);
    if (argc > 3) size.time = std::chrono::seconds{std::strtol(argv[3], nullptr, 10)};
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    try {
        rollcall::bench::run(size);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "registry-bench: %s\n", error.what());
        return 1;
    }
    return 0;
}
