// W7: calls through a ServiceClient over three servers, with each selector, beside those of a plain
// client to one of the servers, in turn; and what is between the two: plain clients of all three, a
// ServiceClient of one. All servers are one process with one I/O thread.
//   service-bench [rounds] [seconds of each run]
#include <rollcall/discovery/service_client.h>

#include "call_rate.h"
#include "fleet.h"
#include "select_modes.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::bench {
namespace {

using discovery::SelectMode;

constexpr std::size_t kDepth = 128;
constexpr std::size_t kServers = 3;
const std::string kText = "sixteen bytes...";

// One who is measured, with the rates of the rounds so far.
struct Row {
    std::string name;
    std::function<double(Duration)> measure;
    std::vector<double> rates;
};

// Three plain clients in turn: what three connections cost, without anything that chooses.
class InTurn {
public:
    InTurn(const std::vector<Endpoint>& servers, const rpc::IoThreads& io) {
        rpc::ClientOptions options;
        options.io = io;
        for (const Endpoint& server : servers)
            clients_.push_back(std::make_unique<rpc::Client>(server, options));
    }

    template <class R, class Token>
    void async_call(rpc::Invocation<R> invocation, Token&& token) {
        rpc::Client& next = *clients_[next_++ % clients_.size()];
        next.async_call(std::move(invocation), std::forward<Token>(token));
    }

private:
    std::vector<std::unique_ptr<rpc::Client>> clients_;
    std::size_t next_ = 0;
};

template <class Client, class Next>
Row row_of(std::string name, std::shared_ptr<Client> client, const rpc::IoThreads& io, Next next) {
    const auto rate =
        std::make_shared<CallRate<Client, Next>>(*client, io, kDepth, std::move(next));
    return {std::move(name), [client, rate](Duration time) { return rate->measure(time); }, {}};
}

Row plain_row(std::string name, const std::vector<Endpoint>& servers, const rpc::IoThreads& io) {
    const auto next = [] { return kEcho(kText); };
    return row_of(std::move(name), std::make_shared<InTurn>(servers, io), io, next);
}

Row service_row(
    std::string name,
    SelectMode mode,
    const std::vector<Endpoint>& endpoints,
    const rpc::IoThreads& io
) {
    const discovery::MultiServersDiscovery servers{discovery::InstanceList{endpoints}};
    discovery::ServiceClientOptions options;
    options.select = mode;
    options.client.io = io;
    auto client = std::make_shared<discovery::ServiceClient>(servers, options);
    if (mode != SelectMode::consistent_hash)
        return row_of(std::move(name), std::move(client), io, [] { return kEcho(kText); });
    return row_of(std::move(name), std::move(client), io, [key = 0U]() mutable {
        return kEcho(kText).keyed(std::to_string(key++ % 1000));
    });
}

void print(const std::vector<Row>& rows) {
    const std::vector<double>& plain = rows.front().rates;
    std::printf("%zu calls in flight        calls/s   ratio   lowest  highest\n", kDepth);
    for (const Row& row : rows) {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < plain.size(); ++i)
            ratios.push_back(row.rates[i] / plain[i]);
        const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
        std::printf(
            "%-24s %10.0f %7.2f %8.2f %8.2f\n",
            row.name.c_str(),
            median_of(row.rates),
            median_of(ratios),
            *low,
            *high
        );
    }
}

int compare(int rounds, double seconds) {
    const Fleet fleet{kServers};
    const rpc::IoThreads io{1};
    const std::vector<Endpoint>& three = fleet.endpoints();
    const std::vector<Endpoint> one{three.front()};
    std::vector<Row> rows{
        plain_row("client, one server", one, io),
        plain_row("a client each, in turn", three, io),
        service_row("round_robin, one server", SelectMode::round_robin, one, io),
    };
    for (const SelectMode mode : kSelectModes) {
        rows.push_back(service_row(std::string{name_of(mode)}, mode, three, io));
    }
    const auto time = std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
    for (int round = 0; round < rounds; ++round) {
        for (Row& row : rows)
            row.rates.push_back(row.measure(time));
    }
    print(rows);
    return 0;
}

}  // namespace
}  // namespace rollcall::bench

int main(int count, char** arguments) {
    const int rounds = count > 1 ? std::atoi(arguments[1]) : 7;
    const double seconds = count > 2 ? std::atof(arguments[2]) : 1.0;
    if (rounds < 1 || !(seconds > 0)) {
        std::fputs("usage: service-bench [rounds] [seconds of each run]\n", stderr);
        return 2;
    }
    try {
        return rollcall::bench::compare(rounds, seconds);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "service-bench: %s\n", error.what());
        return 1;
    }
}
