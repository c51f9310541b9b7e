// rollcall-bench WORKLOAD CONTENDER [SECONDS]: one run, one line of JSON. scripts/bench makes many
// runs in turn and prints medians and ratios.

#include "server_process.h"
#include "tls_files.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

nlohmann::json run(const Workload& workload, const Contender& contender, double seconds) {
    if (contender.encrypted) static_cast<void>(tls_files());
    const ServerProcess server{contender.serve, 0};
    pin_to(workload.one_core ? 0 : 1);
    const auto measured =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
    Measurement measurement{server.pid(), measured / 4, measured};
    contender.load(server.endpoint(), workload, measurement);
    measurement.end();
    return {
        {"workload", workload.name},
        {"contender", contender.name},
        {"calls_per_second", measurement.calls_per_second()},
        {"failed", measurement.failures()},
        {"p50_us", measurement.latencies().quantile_us(0.5)},
        {"p99_us", measurement.latencies().quantile_us(0.99)},
        {"p999_us", measurement.latencies().quantile_us(0.999)},
        {"server_cpu_us", measurement.server_cpu_us()},
        {"client_cpu_us", measurement.client_cpu_us()},
    };
}

// What scripts/bench needs to know of this build.
nlohmann::json inventory(const Contenders& all) {
    nlohmann::json workloads = nlohmann::json::array();
    for (const Workload& workload : kWorkloads)
        workloads.push_back({{"name", workload.name}, {"what", workload.what}});
    nlohmann::json names = nlohmann::json::array();
    for (const Contender& contender : all) {
        nlohmann::json can = nlohmann::json::array();
        for (const Workload& workload : kWorkloads) {
            if (contender.can_do(workload)) can.push_back(workload.name);
        }
        names.push_back({{"name", contender.name}, {"workloads", can}});
    }
    return {{"workloads", workloads}, {"contenders", names}};
}

}  // namespace

int main(int argc, char** argv) {
    const Contenders all = contenders();
    if (argc == 2 && std::string_view{argv[1]} == "list") {
        std::cout << inventory(all).dump() << std::endl;
        return 0;
    }
    const auto workload = argc > 2 ? find_workload(argv[1]) : std::nullopt;
    const std::string name = argc > 2 ? argv[2] : "";
    const auto contender = std::find_if(all.begin(), all.end(), [&](const Contender& one) {
        return one.name == name;
    });
    const double seconds = argc > 3 ? std::atof(argv[3]) : 2.0;
    if (!workload || contender == all.end() || !contender->can_do(*workload) || !(seconds > 0)) {
        std::fputs(
            "usage: rollcall-bench WORKLOAD CONTENDER [SECONDS]\n"
            "       rollcall-bench list\n",
            stderr
        );
        return 2;
    }
    try {
        std::cout << run(*workload, *contender, seconds).dump() << std::endl;
    } catch (const std::exception& error) {
        std::cerr << "rollcall-bench: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
