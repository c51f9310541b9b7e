#pragma once
// Many who wait for one service of a registry to change, and one who sends heartbeats meanwhile.

#include <rollcall/base/clock.h>
#include <rollcall/base/endpoint.h>

#include "support/http_load.h"

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace rollcall::tests {

// Waiting connections of this thread. They wake up in the order in which the registry answers.
class WatcherCrowd {
public:
    // Dials the registry once for each watcher, and once for the one who changes the service, which
    // it lists with one instance. Throws std::runtime_error if the registry does not do its part.
    WatcherCrowd(const Endpoint& registry, std::string service, std::size_t watchers);

    // All of them ask for the next list; returns when the registry has them all waiting.
    void park();

    // Changes the service; when each of them held the new list, counted from the answer to that,
    // sorted. Throws if one of them does not get it within `limit`.
    [[nodiscard]] std::vector<Duration> change(Duration limit = std::chrono::seconds{20});

private:
    void put();
    [[nodiscard]] bool all_wait();

    const std::string service_;
    const std::size_t count_;
    HttpLoad changes_;
    HttpLoad watchers_;
    std::string index_;
    int weight_ = 0;
};

// Sends heartbeats one after another on a connection and a thread of its own, as long as it lives,
// with a pause of a few milliseconds after each. A heartbeat that fails ends the program.
class Pulse {
public:
    // `target` is the path of the instance's heartbeat.
    Pulse(const Endpoint& registry, const std::string& target);
    ~Pulse();
    Pulse(const Pulse&) = delete;
    Pulse& operator=(const Pulse&) = delete;

    // Ends it; how long each heartbeat has taken.
    [[nodiscard]] std::vector<Duration> stop();

private:
    std::atomic<bool> stop_{false};
    std::vector<Duration> times_;
    std::thread thread_;
};

}  // namespace rollcall::tests
