// demo-client REGISTRY_URL: the client of scripts/demo. Finds the calculators, calls them in turn
// and all at once, then goes on calling from four threads until the registry has forgotten one of
// them, and counts. Exit status 0 only if no call failed.
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>

#include "calculator.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace discovery = rollcall::discovery;

constexpr int kServers = 3;
constexpr int kThreads = 4;

// How many calls each server has answered. Thread safety: any thread.
class Tally {
public:
    void answered(const std::string& server) {
        const std::lock_guard lock{mutex_};
        ++answers_[server];
        ++calls_;
    }

    void failed(const rollcall::Error& error) {
        const std::lock_guard lock{mutex_};
        ++failed_;
        if (failed_ == 1) std::printf("  A call failed: %s\n", error.to_string().c_str());
    }

    void print(std::chrono::milliseconds after) const {
        const std::lock_guard lock{mutex_};
        std::printf(
            "  %.1f s: %d calls, %d failed;", double(after.count()) / 1000, calls_, failed_
        );
        for (const auto& [server, count] : answers_)
            std::printf("  %s %d", server.substr(server.rfind(':')).c_str(), count);
        std::printf("\n");
    }

    [[nodiscard]] int failures() const {
        const std::lock_guard lock{mutex_};
        return failed_;
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, int> answers_;
    int calls_ = 0;
    int failed_ = 0;
};

std::size_t listed(discovery::Discovery& found) {
    const auto all = found.get_all();
    return all ? all->size() : 0;
}

void discover(discovery::Discovery& found) {
    const auto deadline = rollcall::Deadline::in(20s);
    while (listed(found) < kServers) {
        if (deadline.expired()) throw std::runtime_error{"the servers did not register"};
        std::this_thread::sleep_for(20ms);
        found.refresh(deadline).value();
    }
    std::printf("The client asks the registry who serves 'calculator':\n");
    const auto instances = found.get_all().value();
    for (const auto& instance : instances)
        std::printf("    %s\n", instance.endpoint().to_string().c_str());
}

void call_in_turn(discovery::ServiceClient& calculators) {
    std::printf("\nSix calls, one after the other. Each goes to the next server (round robin):\n");
    for (int i = 1; i <= 6; ++i) {
        const std::string server = calculators.call(calculator::whoami()).value();
        std::printf("    call %d was answered by %s\n", i, server.c_str());
    }
    const int sum = calculators.call(calculator::add(40, 2)).value();
    std::printf("    add(40, 2) is %d\n", sum);
}

void call_all(discovery::ServiceClient& calculators) {
    std::printf("\nA broadcast: one call, sent to every server, with the outcome of each:\n");
    const auto replies = calculators.broadcast(calculator::add(1, 2));
    for (const auto& reply : replies) {
        std::printf(
            "    %s says %d\n", reply.instance.endpoint().to_string().c_str(), reply.result.value()
        );
    }
    if (replies.size() != kServers) throw std::runtime_error{"a server was left out"};
}

// Goes on until the registry lists fewer servers than before, and a little longer.
void call_while_one_dies(discovery::Discovery& found, discovery::ServiceClient& calculators) {
    Tally tally;
    std::atomic<bool> go_on{true};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            while (go_on) {
                const auto server = calculators.call(calculator::whoami());
                server ? tally.answered(*server) : tally.failed(server.error());
            }
        });
    }
    // scripts/demo waits for this line.
    std::printf("\nFour threads now call without a pause. Calls by the port that answered:\n");
    const auto start = std::chrono::steady_clock::now();
    auto end = rollcall::Deadline::in(30s);
    while (!end.expired()) {
        std::this_thread::sleep_for(500ms);
        const auto after = std::chrono::steady_clock::now() - start;
        tally.print(std::chrono::duration_cast<std::chrono::milliseconds>(after));
        if (end.remaining() > 1s && listed(found) < kServers) {
            std::printf("  The registry has forgotten the dead server: its lease has run out.\n");
            end = rollcall::Deadline::in(600ms);
        }
    }
    go_on = false;
    for (std::thread& thread : threads)
        thread.join();
    if (listed(found) >= kServers) throw std::runtime_error{"the registry lists a dead server"};
    if (tally.failures() > 0) throw std::runtime_error{"calls failed"};
    std::printf("  No call failed: what was under way at the dead server went to another.\n");
}

void run(const char* registry) {
    discovery::RegistryDiscovery found{registry, "calculator", {.refresh = 300ms}};
    discovery::ServiceClient calculators{found};
    discover(found);
    call_in_turn(calculators);
    call_all(calculators);
    call_while_one_dies(found, calculators);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: demo-client REGISTRY_URL\n");
        return 2;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    try {
        run(argv[1]);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "demo-client: %s\n", error.what());
        return 1;
    }
}
