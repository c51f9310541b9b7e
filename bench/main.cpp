// rollcall-bench WORKLOAD CONTENDER [SECONDS]: one run, one line of JSON. scripts/bench makes many
// runs in turn and prints medians and ratios.

#include "caller_load.h"
#include "inventory.h"
#include "server_memory.h"
#include "server_process.h"
#include "tls_files.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/resource.h>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

constexpr const char* kUsage =
    "usage: rollcall-bench WORKLOAD CONTENDER [SECONDS]\n"
    "       rollcall-bench W5 CONTENDER CONNECTIONS\n"
    "       rollcall-bench list [WORKLOAD...]\n"
    "A workload is one of the list or CONNECTIONSxIN_FLIGHTxBYTES, as in 64x16x100.\n";

// What is wrong with the arguments.
struct Misuse : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// As many descriptors as this user may have: some workloads have 10,000 connections.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

Workload workload_of(const std::string& name) {
    const auto found = find_workload(name);
    if (!found) throw Misuse{"there is no workload \"" + name + '"'};
    return *found;
}

const Contender& contender_of(const Contenders& all, const std::string& name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Contender& one) {
        return one.name == name;
    });
    if (found == all.end()) throw Misuse{"there is no contender \"" + name + "\" in this build"};
    if (found->encrypted) static_cast<void>(tls_files());
    return *found;
}

// More than zero.
double positive(const std::string& text) {
    std::size_t used = 0;
    double number = 0;
    try {
        number = std::stod(text, &used);
    } catch (const std::exception&) {
        used = 0;
    }
    if (used == 0 || used != text.size() || !(number > 0) || number > 1e6)
        throw Misuse{'"' + text + "\" is not a number between 0 and 1,000,000"};
    return number;
}

void load(
    const Contender& contender,
    const Endpoint& server,
    const Workload& workload,
    Measurement& measurement
) {
    switch (workload.pattern) {
        case Pattern::pipelined:
            return contender.load(server, workload, measurement);
        case Pattern::threads:
            return call_from_threads(contender, server, workload, measurement);
        case Pattern::newcomers:
            return connect_again_and_again(contender, server, workload, measurement);
    }
}

nlohmann::json run(const Contender& contender, const Workload& workload, double seconds) {
    if (!contender.can_do(workload))
        throw Misuse{std::string{contender.name} + " cannot do " + std::string{workload.name}};
    using Processor = std::optional<int>;
    const ServerProcess server{contender.serve, contender.unpinned ? Processor{} : Processor{0}};
    if (!contender.unpinned) pin_to(workload.one_core ? 0 : 1);
    const auto measured =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
    Measurement measurement{server.pid(), measured / 4, measured};
    load(contender, server.endpoint(), workload, measurement);
    measurement.end();
    return {
        {"workload", workload.name},
        {"contender", contender.name},
        {"unpinned", contender.unpinned},
        {"calls_per_second", measurement.calls_per_second()},
        {"failed", measurement.failures()},
        {"p50_us", measurement.latencies().quantile_us(0.5)},
        {"p99_us", measurement.latencies().quantile_us(0.99)},
        {"p999_us", measurement.latencies().quantile_us(0.999)},
        {"server_cpu_us", measurement.server_cpu_us()},
        {"client_cpu_us", measurement.client_cpu_us()},
    };
}

nlohmann::json memory(const Contender& contender, std::size_t connections) {
    if (!contender.connections) throw Misuse{std::string{contender.name} + " cannot do W5"};
    const ConnectionMemory memory = measure_memory(contender, connections);
    return {
        {"contender", contender.name},
        {"connections", connections},
        {"connected_kib", memory.connected_kib},
        {"used_kib", memory.used_kib},
    };
}

nlohmann::json execute(const std::vector<std::string>& words) {
    const Contenders all = contenders();
    if (!words.empty() && words[0] == "list") {
        std::vector<Workload> own;
        for (auto word = words.begin() + 1; word != words.end(); ++word)
            own.push_back(workload_of(*word));
        return inventory(all, own);
    }
    if (words.size() < 2 || words.size() > 3) throw Misuse{"two or three words are needed"};
    const Contender& contender = contender_of(all, words[1]);
    if (words[0] != "W5")
        return run(contender, workload_of(words[0]), words.size() > 2 ? positive(words[2]) : 2.0);
    if (words.size() < 3) throw Misuse{"W5 needs a number of connections"};
    return memory(contender, static_cast<std::size_t>(std::max(1.0, positive(words[2]))));
}

}  // namespace

int main(int argc, char** argv) {
    raise_descriptor_limit();
    try {
        const std::vector<std::string> words{argv + 1, argv + argc};
        std::cout << execute(words).dump() << std::endl;
    } catch (const Misuse& misuse) {
        std::cerr << "rollcall-bench: " << misuse.what() << '\n' << kUsage;
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "rollcall-bench: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
