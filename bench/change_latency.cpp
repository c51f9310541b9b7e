// How long a change in a registry takes to reach the calls of a client, with each kind of registry:
// one line per kind on standard output.
//
//     change-latency [ROUNDS] [KIND...]      medians; 9 rounds of all kinds are a quarter of an
//     hour
#include <rollcall/base/random.h>
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/server.h>

#include "support/eventually.h"
#include "support/times.h"
#include "system/registry_kinds.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace rollcall::tests {
namespace {

constexpr auto kPatience = std::chrono::seconds{60};

// A server that says which one it is.
class NumberedServer {
public:
    NumberedServer(const std::string& registry, int number) {
        server_.handle("who", [number] { return number; });
        server_.start();
        registry::RegistrarOptions options;
        options.service = "change-latency";
        options.server = server_.endpoint();
        options.log = Log::none();
        registrar_ = std::make_unique<registry::Registrar>(registry, options);
    }

    void drain() { registrar_->set_status(registry::Status::draining); }

private:
    rpc::Server server_;
    std::unique_ptr<registry::Registrar> registrar_;
};

// Calls in turn, all the time, and notes when each server has answered first and last.
class Caller {
public:
    explicit Caller(const std::string& registry)
        : found_(registry, "change-latency"), client_(found_), thread_([this] { work(); }) {}

    ~Caller() {
        stop_ = true;
        thread_.join();
    }

    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    // Of the server of that number; the beginning of time if it has not answered.
    [[nodiscard]] TimePoint first(int number) const { return at(first_, number); }

    [[nodiscard]] TimePoint last(int number) const { return at(last_, number); }

    void wait_instances(std::size_t count) {
        if (!eventually([&] { return client_.state().size() == count; }, kPatience))
            throw std::runtime_error{"the client has not heard of a change"};
    }

    // So many more calls.
    void wait_calls(std::uint64_t more) {
        const std::uint64_t until = calls_ + more;
        if (!eventually([&] { return calls_ >= until; }, kPatience))
            throw std::runtime_error{"calls do not go on"};
    }

private:
    using Times = std::array<std::atomic<TimePoint::rep>, 2>;

    static TimePoint at(const Times& times, int number) {
        return TimePoint{Duration{times.at(static_cast<std::size_t>(number))}};
    }

    void work() {
        while (!stop_) {
            const auto who = client_.call(rpc::invoke<int>("who").within(kPatience));
            if (!who) {
                if (stop_) return;
                std::fprintf(stderr, "a call failed: %s\n", who.error().to_string().c_str());
                std::abort();
            }
            const auto number = static_cast<std::size_t>(*who);
            const TimePoint::rep now = SteadyClock::now().time_since_epoch().count();
            TimePoint::rep none = 0;
            first_.at(number).compare_exchange_strong(none, now);
            last_.at(number) = now;
            ++calls_;
        }
    }

    discovery::RegistryDiscovery found_;
    discovery::ServiceClient client_;
    Times first_{};
    Times last_{};
    std::atomic<std::uint64_t> calls_{0};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

struct Latencies {
    Duration registered{0};  // until the first call on the new instance
    Duration drained{0};     // until the last call on the old one
};

Latencies measure_once(const std::string& url) {
    const NumberedServer stays{url, 0};
    Caller caller{url};
    caller.wait_calls(100);
    // Lists that are read on time: at any moment of their time.
    std::this_thread::sleep_for(random_unit() * std::chrono::seconds{10});
    Latencies result;
    const TimePoint registered = SteadyClock::now();
    NumberedServer other{url, 1};
    caller.wait_instances(2);
    caller.wait_calls(100);
    result.registered = caller.first(1) - registered;
    std::this_thread::sleep_for(random_unit() * std::chrono::seconds{10});
    const TimePoint drained = SteadyClock::now();
    other.drain();
    caller.wait_instances(1);
    caller.wait_calls(100);
    result.drained = caller.last(1) - drained;
    return result;
}

void measure(const std::string& kind, int rounds) {
    const auto registry = start_registry(kind);
    std::vector<Duration> registered;
    std::vector<Duration> drained;
    for (int round = 0; round < rounds; ++round) {
        const Latencies latencies = measure_once(registry->url());
        registered.push_back(latencies.registered);
        drained.push_back(latencies.drained);
    }
    std::printf(
        "%-8s register to first call %9.1f ms (at most %9.1f)   drain to last call %9.1f ms (at "
        "most %9.1f)\n",
        kind.c_str(),
        milliseconds(percentile(registered, 0.5)),
        milliseconds(percentile(registered, 1)),
        milliseconds(percentile(drained, 0.5)),
        milliseconds(percentile(drained, 1))
    );
    std::fflush(stdout);
}

}  // namespace
}  // namespace rollcall::tests

int main(int argc, char** argv) {
    try {
        const int rounds = argc > 1 ? std::stoi(argv[1]) : 9;
        std::vector<std::string> kinds{argv + std::min(argc, 2), argv + argc};
        if (kinds.empty()) kinds = rollcall::tests::registry_kinds();
        for (const std::string& kind : kinds)
            rollcall::tests::measure(kind, rounds);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "change-latency: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
