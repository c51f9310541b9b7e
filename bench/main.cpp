// rollcall-bench WORKLOAD CONTENDER [SECONDS]: one run, one line of JSON. scripts/bench makes many
// runs in turn and prints medians and ratios.

#include "server_process.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <unistd.h>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

constexpr const char* kUsage =
    "usage: rollcall-bench WORKLOAD CONTENDER [SECONDS]\n"
    "  WORKLOAD   W1, W1-one-core, W2, W3, W3b or W4\n"
    "  CONTENDER  asio (the floor), rollcall or rollcall-coroutine\n";

nlohmann::json run(const Workload& workload, const std::string& contender, double seconds) {
    const bool raw = contender == "asio";
    const ServerProcess server{raw ? serve_asio : serve_rollcall, 0};
    pin_to(workload.one_core ? 0 : 1);

    const auto measured =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
    Measurement measurement{SteadyClock::now(), measured / 4, measured};
    const double server_before = cpu_us(server.pid());
    const double client_before = cpu_us(::getpid());
    if (raw) {
        load_asio(server.endpoint(), workload, measurement);
    } else {
        load_rollcall(server.endpoint(), workload, measurement, contender == "rollcall-coroutine");
    }
    // Processor time includes the warm-up, which is a fifth of the run.
    const double calls = static_cast<double>(measurement.calls()) * 1.25;
    return {
        {"workload", workload.name},
        {"contender", contender},
        {"calls_per_second", static_cast<double>(measurement.calls()) / seconds},
        {"failed", measurement.failures()},
        {"p50_us", measurement.latencies().quantile_us(0.5)},
        {"p99_us", measurement.latencies().quantile_us(0.99)},
        {"server_cpu_us", (cpu_us(server.pid()) - server_before) / calls},
        {"client_cpu_us", (cpu_us(::getpid()) - client_before) / calls},
    };
}

}  // namespace

int main(int argc, char** argv) {
    const auto workload = argc > 2 ? find_workload(argv[1]) : std::nullopt;
    const std::string contender = argc > 2 ? argv[2] : "";
    const double seconds = argc > 3 ? std::atof(argv[3]) : 2.0;
    const bool known =
        contender == "asio" || contender == "rollcall" || contender == "rollcall-coroutine";
    if (!workload || !known || !(seconds > 0)) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    try {
        std::cout << run(*workload, contender, seconds).dump() << std::endl;
    } catch (const std::exception& error) {
        std::cerr << "rollcall-bench: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
