#include "support/watcher_crowd.h"

#include "support/eventually.h"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <utility>

namespace rollcall::tests {

using nlohmann::json;

WatcherCrowd::WatcherCrowd(const Endpoint& registry, std::string service, std::size_t watchers)
    : service_(std::move(service)),
      count_(watchers),
      changes_(registry, 1),
      watchers_(registry, watchers) {
    put();
}

void WatcherCrowd::put() {
    const std::string answer = changes_.ask(request_text(
        "PUT",
        "/v1/services/" + service_ + "/instances/a",
        R"({"address":"10.0.0.7","port":9000,"ttl":600,"weight":)" + std::to_string(weight_++) + "}"
    ));
    index_ = json::parse(answer)["index"];
}

bool WatcherCrowd::all_wait() {
    return json::parse(changes_.ask(request_text("GET", "/v1/status")))["watchers"] == count_;
}

void WatcherCrowd::park() {
    watchers_.send_each(
        request_text("GET", "/v1/services/" + service_ + "?wait=60s&index=" + index_)
    );
    if (!eventually([this] { return all_wait(); }))
        throw std::runtime_error{"the registry does not have all watchers waiting"};
}

std::vector<Duration> WatcherCrowd::change(Duration limit) {
    put();
    std::vector<Duration> times = watchers_.receive_each(SteadyClock::now(), limit);
    const std::size_t told = watchers_.answers_with("\"index\":\"" + index_ + '"');
    if (told != count_)
        throw std::runtime_error{std::to_string(count_ - told) + " watchers have an older list"};
    return times;
}

Pulse::Pulse(const Endpoint& registry, const std::string& target)
    : thread_([this, registry, request = request_text("PUT", target)] {
          HttpLoad load{registry, 1};
          while (!stop_) {
              const TimePoint begun = SteadyClock::now();
              load.send_each(request);
              static_cast<void>(load.receive_each(begun, std::chrono::seconds{20}));
              const TimePoint next = SteadyClock::now() + std::chrono::milliseconds{1};
              times_.push_back(SteadyClock::now() - begun);
              static_cast<void>(eventually([&] { return SteadyClock::now() >= next; }));
          }
      }) {
}

Pulse::~Pulse() {
    static_cast<void>(stop());
}

std::vector<Duration> Pulse::stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return std::move(times_);
}

}  // namespace rollcall::tests
