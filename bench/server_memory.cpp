#include "server_memory.h"

#include <rollcall/base/deadline.h>

#include "server_process.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

namespace rollcall::bench {
namespace {

constexpr int kCallsEach = 10;
constexpr std::size_t kPayloadBytes = 16;

std::string folder_of(int pid) {
    return "/proc/" + std::to_string(pid);
}

// Of smaps_rollup, which counts pages; the VmRSS of status may be some hundred KiB off.
double resident_kib(int pid) {
    std::ifstream file{folder_of(pid) + "/smaps_rollup"};
    for (std::string word; file >> word;) {
        double kib = 0;
        if (word == "Rss:" && file >> kib) return kib;
    }
    throw std::runtime_error{"the server's memory cannot be read"};
}

std::size_t descriptors(int pid) {
    const std::filesystem::directory_iterator all{folder_of(pid) + "/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// A server accepts, and closes, when it gets to it.
template <class Condition>
void await(const char* what, const Condition& condition) {
    const Deadline deadline = Deadline::in(std::chrono::seconds{20});
    while (!condition()) {
        if (deadline.expired()) throw std::runtime_error{what};
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

void call_ten_times(Caller& caller) {
    for (int i = 0; i < kCallsEach; ++i) {
        if (!caller.call()) throw std::runtime_error{"a call failed"};
    }
}

}  // namespace

ConnectionMemory measure_memory(const Contender& contender, std::size_t connections) {
    const ServerProcess server{contender.serve, 0};
    pin_to(1);
    const auto connect = [&] { return contender.connect(server.endpoint(), kPayloadBytes); };
    // What the first connection brings about once is not what each of them costs.
    auto first = connect();
    call_ten_times(*first);
    const std::size_t with_one = descriptors(server.pid());
    first.reset();
    await("a connection was not closed", [&] { return descriptors(server.pid()) < with_one; });

    const double before = resident_kib(server.pid());
    const auto growth = [&] {
        return (resident_kib(server.pid()) - before) / static_cast<double>(connections);
    };
    std::vector<std::unique_ptr<Caller>> callers;
    for (std::size_t i = 0; i < connections; ++i)
        callers.push_back(connect());
    await("not all connections were accepted", [&] {
        return descriptors(server.pid()) + 1 >= with_one + connections;
    });
    const double connected = growth();
    for (const auto& caller : callers)
        call_ten_times(*caller);
    return {connected, growth()};
}

}  // namespace rollcall::bench
