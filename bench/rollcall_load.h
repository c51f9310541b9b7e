#pragma once
// What Rollcall's loads with callbacks have in common, whatever client they use.

#include "measurement.h"
#include "rollcall_options.h"

#include <future>
#include <string>
#include <utility>

namespace rollcall::bench {

// What all calls in flight share; used on the client's I/O thread only.
struct RollcallLoad {
    Measurement& measurement;
    std::string payload;
    Features features;
    std::size_t running = 0;
    std::promise<void> over;

    void end() {
        if (--running == 0) over.set_value();
    }

    // When the next call begins: one look at the clock for each call, as every contender.
    [[nodiscard]] TimePoint count(TimePoint sent, const Result<std::string>& reply) const {
        const TimePoint now = SteadyClock::now();
        if (reply) {
            measurement.add(sent, now);
        } else {
            measurement.add_failure();
        }
        return now;
    }
};

// One call in flight, made again and again until the measurement is over.
template <class Client>
void call_again(Client& client, RollcallLoad& load, TimePoint sent) {
    auto echo = echo_of(load.payload, load.features);
    client.async_call(std::move(echo), [&client, &load, sent](const Result<std::string>& reply) {
        const TimePoint now = load.count(sent, reply);
        if (!load.measurement.is_over(now)) return call_again(client, load, now);
        load.end();
    });
}

}  // namespace rollcall::bench
