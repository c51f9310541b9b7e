#include "caller_load.h"

#include <functional>
#include <stdexcept>
#include <thread>

namespace rollcall::bench {
namespace {

// Runs it in so many threads, each with a measurement of its own, and adds those up.
void in_threads(
    std::size_t count,
    Measurement& measurement,
    const std::function<void(std::size_t index, Measurement& mine)>& body
) {
    measurement.begin();
    std::vector<Measurement> parts(count, measurement);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i)
        threads.emplace_back([&, i] { body(i, parts[i]); });
    for (std::jthread& thread : threads)
        thread.join();
    for (const Measurement& part : parts)
        measurement.add(part);
}

// One connection's life; when it is answered, or has failed.
TimePoint connect_and_call(
    const Contender& contender,
    const Endpoint& server,
    const Workload& workload,
    Measurement& measurement
) {
    const TimePoint begun = SteadyClock::now();
    try {
        const std::unique_ptr<Caller> caller = contender.connect(server, workload.payload_bytes);
        if (!caller->call()) throw std::runtime_error{"a call failed"};
        const TimePoint answered = SteadyClock::now();
        measurement.add(begun, answered);
        return answered;
    } catch (const std::exception&) {
        measurement.add_failure();
        return SteadyClock::now();
    }
}

}  // namespace

void call_from_threads(
    const Contender& contender,
    const Endpoint& server,
    const Workload& workload,
    Measurement& measurement
) {
    const std::size_t threads = workload.in_flight;
    const bool shared = contender.threads == Threads::share_a_client;
    std::vector<std::unique_ptr<Caller>> callers;
    for (std::size_t i = 0; i < (shared ? 1 : threads); ++i) {
        callers.push_back(contender.connect(server, workload.payload_bytes));
        if (!callers.back()->call()) throw std::runtime_error{"the first call failed"};
    }
    in_threads(threads, measurement, [&](std::size_t index, Measurement& mine) {
        Caller& caller = *callers[shared ? 0 : index];
        TimePoint sent = SteadyClock::now();
        while (!mine.is_over(sent)) {
            const bool ok = caller.call();
            const TimePoint now = SteadyClock::now();
            if (ok) {
                mine.add(sent, now);
            } else {
                mine.add_failure();
            }
            sent = now;
        }
    });
}

void connect_again_and_again(
    const Contender& contender,
    const Endpoint& server,
    const Workload& workload,
    Measurement& measurement
) {
    in_threads(workload.connections, measurement, [&](std::size_t, Measurement& mine) {
        while (!mine.is_over(connect_and_call(contender, server, workload, mine))) {
        }
    });
}

}  // namespace rollcall::bench
