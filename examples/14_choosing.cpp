// 14: who gets a call. By weight, by how busy and how fast each server is, or as you like it.
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace rollcall;

namespace {

constexpr rpc::Method<std::string()> whoami{"whoami", rpc::idempotent};

// Servers a, b and c; a is four times as large as the others, c is slow.
struct Servers {
    Servers() {
        for (const std::string name : {"a", "b", "c"}) {
            all.push_back(std::make_unique<rpc::Server>());
            const auto pause = std::chrono::milliseconds{name == "c" ? 20 : 1};
            const auto work = [name, pause] {
                std::this_thread::sleep_for(pause);
                return name;
            };
            all.back()->handle(whoami, work, {.run = rpc::RunOn::pool});
            all.back()->start();
            registry::Instance instance;
            instance.id = name;
            instance.address = "127.0.0.1";
            instance.port = all.back()->endpoint().port();
            instance.weight = name == "a" ? 400 : 100;
            instances.push_back(instance);
        }
    }

    std::vector<std::unique_ptr<rpc::Server>> all;
    std::vector<registry::Instance> instances;
};

// How many of 120 calls each server gets, one after the other.
std::map<std::string, int> share(discovery::ServiceClient& client) {
    std::map<std::string, int> calls;
    for (int i = 0; i < 120; ++i)
        ++calls[client.call(whoami()).value()];
    return calls;
}

std::string text(std::map<std::string, int> calls) {
    return "a " + std::to_string(calls["a"]) + ", b " + std::to_string(calls["b"]) + ", c " +
           std::to_string(calls["c"]);
}

// Whoever has the largest weight, and the others only when that one fails.
class LargestFirst final : public discovery::Selector {
    std::size_t choose(const discovery::Candidates& all) override {
        std::size_t largest = 0;
        for (std::size_t i = 1; i < all.size(); ++i) {
            if (all[i].weight > all[largest].weight) largest = i;
        }
        return largest;
    }
};

}  // namespace

int main() {
    using discovery::SelectMode;
    lesson::Lesson lesson;
    const Servers servers;
    const discovery::MultiServersDiscovery list{servers.instances};

    discovery::ServiceClient in_turn{list, {.select = SelectMode::round_robin}};
    auto calls = share(in_turn);
    lesson.show(calls["a"] == 40 && calls["c"] == 40, "round_robin:   " + text(calls));

    discovery::ServiceClient by_weight{list, {.select = SelectMode::weighted}};
    calls = share(by_weight);
    lesson.show(calls["a"] == 80 && calls["c"] == 20, "weighted:      " + text(calls));

    discovery::ServiceClient by_load{list, {.select = SelectMode::least_loaded}};
    (void)share(by_load);  // by then it knows how fast each of them is
    calls = share(by_load);
    lesson.show(calls["c"] < 20, "least_loaded:  " + text(calls));

    discovery::ServiceClient my_way{list, {.selector = std::make_shared<LargestFirst>()}};
    calls = share(my_way);
    lesson.show(calls["a"] == 120, "one's own:     " + text(calls));
    return lesson.exit_status();
}
