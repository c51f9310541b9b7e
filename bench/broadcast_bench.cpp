// W8: how long one broadcast to many servers takes, beside as many calls in flight at once to a
// single one, in turn; and beside one call of a plain client each, which is what so many
// connections cost by themselves. All servers are one process with one I/O thread.
//   broadcast-bench [rounds] [broadcasts of each run]
#include <rollcall/discovery/service_client.h>

#include "fleet.h"

#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <stdexcept>
#include <vector>

namespace rollcall::bench {
namespace {

constexpr std::array<std::size_t, 3> kSizes{3, 30, 300};

// The same call to all of some servers.
class Broadcasts {
public:
    Broadcasts(const std::vector<Endpoint>& servers, const rpc::IoThreads& io)
        : servers_(servers.size()),
          client_(discovery::MultiServersDiscovery{discovery::InstanceList{servers}}, options(io)) {
    }

    void run() {
        const auto replies = client_.broadcast(kAdd(1, 2));
        if (replies.succeeded() != servers_) throw std::runtime_error{"a server has not answered"};
    }

private:
    static discovery::ServiceClientOptions options(const rpc::IoThreads& io) {
        discovery::ServiceClientOptions options;
        options.client.io = io;
        return options;
    }

    const std::size_t servers_;
    discovery::ServiceClient client_;
};

// As many calls, begun together, of which all are waited for.
class PlainCalls {
public:
    // One client for each server; the calls go to them in turn.
    PlainCalls(const std::vector<Endpoint>& servers, std::size_t calls, const rpc::IoThreads& io)
        : calls_(calls), io_(io) {
        rpc::ClientOptions options;
        options.io = io;
        for (const Endpoint& server : servers)
            clients_.push_back(std::make_unique<rpc::Client>(server, options));
    }

    void run() {
        over_ = {};
        under_way_ = calls_;
        asio::post(io_.executor(), [this] {
            for (std::size_t i = 0; i < calls_; ++i) {
                rpc::Client& client = *clients_[i % clients_.size()];
                client.async_call(kAdd(1, 2), [this](const Result<int>& sum) {
                    if (!sum) failed_ = true;
                    if (--under_way_ == 0) over_.set_value();
                });
            }
        });
        over_.get_future().wait();
        if (failed_) throw std::runtime_error{"a call has failed"};
    }

private:
    const std::size_t calls_;
    const rpc::IoThreads io_;
    std::vector<std::unique_ptr<rpc::Client>> clients_;
    std::promise<void> over_;
    std::size_t under_way_ = 0;
    bool failed_ = false;
};

// The median time of some runs, in microseconds.
template <class Work>
double time_of(Work& work, int runs) {
    std::vector<double> times;
    for (int i = 0; i < runs; ++i) {
        const TimePoint begun = SteadyClock::now();
        work.run();
        times.push_back(
            std::chrono::duration<double, std::micro>(SteadyClock::now() - begun).count()
        );
    }
    return median_of(std::move(times));
}

// One size, with the times of the rounds so far.
struct Row {
    Row(const std::vector<Endpoint>& servers, const rpc::IoThreads& io)
        : size(servers.size()),
          broadcasts(std::make_unique<Broadcasts>(servers, io)),
          each(std::make_unique<PlainCalls>(servers, size, io)),
          pipelined(std::make_unique<PlainCalls>(std::vector{servers.front()}, size, io)) {}

    void measure(int runs) {
        broadcast_us.push_back(time_of(*broadcasts, runs));
        each_us.push_back(time_of(*each, runs));
        pipelined_us.push_back(time_of(*pipelined, runs));
        ratios.push_back(broadcast_us.back() / pipelined_us.back());
    }

    void print() const {
        const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
        std::printf(
            "%9zu %13.0f %15.0f %13.0f %7.2f %8.2f %8.2f\n",
            size,
            median_of(broadcast_us),
            median_of(each_us),
            median_of(pipelined_us),
            median_of(ratios),
            *low,
            *high
        );
    }

    std::size_t size;
    std::unique_ptr<Broadcasts> broadcasts;
    std::unique_ptr<PlainCalls> each;
    std::unique_ptr<PlainCalls> pipelined;
    std::vector<double> broadcast_us = {};
    std::vector<double> each_us = {};
    std::vector<double> pipelined_us = {};
    std::vector<double> ratios = {};  // of the broadcast to the pipelined calls
};

int compare(int rounds, int runs) {
    const Fleet fleet{kSizes.back()};
    const rpc::IoThreads io{1};
    std::vector<Row> rows;
    for (const std::size_t size : kSizes) {
        const auto first = fleet.endpoints().begin();
        rows.emplace_back(
            std::vector<Endpoint>{first, first + static_cast<std::ptrdiff_t>(size)}, io
        );
        rows.back().broadcasts->run();  // connects
        rows.back().each->run();
    }
    for (int round = 0; round < rounds; ++round) {
        for (Row& row : rows)
            row.measure(runs);
    }
    std::printf("instances  broadcast us  client each us  pipelined us   times   lowest  highest\n"
    );
    for (const Row& row : rows)
        row.print();
    return 0;
}

}  // namespace
}  // namespace rollcall::bench

int main(int count, char** arguments) {
    const int rounds = count > 1 ? std::atoi(arguments[1]) : 7;
    const int runs = count > 2 ? std::atoi(arguments[2]) : 100;
    if (rounds < 1 || runs < 1) {
        std::fputs("usage: broadcast-bench [rounds] [broadcasts of each run]\n", stderr);
        return 2;
    }
    try {
        return rollcall::bench::compare(rounds, runs);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "broadcast-bench: %s\n", error.what());
        return 1;
    }
}
