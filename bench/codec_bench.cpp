// W10: what a request costs to write and to read, beside msgpack-c on the same bytes, in turn. Time
// and allocations per message; msgpack-c keeps its zone and copies no text, as fast as it can be.
//   codec-bench [rounds] [milliseconds of each run]
#include <rollcall/base/clock.h>
#include <rollcall/codec/arguments.h>
#include <rollcall/codec/message.h>
#include <rollcall/codec/scanner.h>

#include "support/allocation_count.h"

#include <msgpack.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace rollcall::bench {
namespace {

constexpr std::uint32_t kId = 0x12345678;
constexpr std::string_view kMethod = "echo";

struct Cost {
    double ns = 0;
    double allocations = 0;
};

struct Settings {
    int rounds = 7;
    Duration run = std::chrono::milliseconds{20};
};

// The compiler must take `value` for used, and all memory for changed.
template <class T>
void use(const T& value) {
    asm volatile("" : : "r"(&value) : "memory");
}

template <class Work>
Cost cost_of(Duration run, Work&& work) {
    constexpr int kAtOnce = 200;
    const std::size_t allocated = tests::allocations();
    const TimePoint begun = SteadyClock::now();
    TimePoint now = begun;
    double times = 0;
    for (; now - begun < run; now = SteadyClock::now(), times += kAtOnce) {
        for (int i = 0; i < kAtOnce; ++i)
            work();
    }
    const auto ns = static_cast<double>((now - begun).count());
    return {ns / times, static_cast<double>(tests::allocations() - allocated) / times};
}

double median_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// Both in turn; one line of the table.
template <class Mine, class Theirs>
void compare(
    const char* message, const char* step, const Settings& settings, Mine mine, Theirs theirs
) {
    std::vector<double> my_ns;
    std::vector<double> their_ns;
    std::vector<double> ratios;
    double my_allocations = 0;
    double their_allocations = 0;
    for (int round = 0; round < settings.rounds; ++round) {
        const Cost my_cost = cost_of(settings.run, mine);
        const Cost their_cost = cost_of(settings.run, theirs);
        my_ns.push_back(my_cost.ns);
        their_ns.push_back(their_cost.ns);
        ratios.push_back(my_cost.ns / their_cost.ns);
        my_allocations = my_cost.allocations;
        their_allocations = their_cost.allocations;
    }
    std::printf(
        "%-26s %-10s %8.1f %7.2f %12.1f %7.2f %8.2f\n",
        message,
        step,
        median_of(my_ns),
        my_allocations,
        median_of(their_ns),
        their_allocations,
        median_of(ratios)
    );
    std::fflush(stdout);
}

// A request with these arguments, as either side has it.
template <class... Args>
class Request {
public:
    explicit Request(const std::tuple<Args...>& arguments) : arguments_(arguments) {
        pack_mine();
        pack_theirs();
        if (mine_.view() != std::string_view{theirs_.data(), theirs_.size()})
            throw std::logic_error{"the bytes differ"};
        read_mine();
        read_theirs();
    }

    void pack_mine() {
        mine_.clear();
        codec::write_request_head(mine_, kId);
        codec::pack_str(mine_, kMethod);
        std::apply([&](const auto&... each) { codec::pack_arguments(mine_, each...); }, arguments_);
        use(mine_);
    }

    void pack_theirs() {
        theirs_.clear();
        msgpack::packer packer{theirs_};
        packer.pack_array(4);
        packer.pack(0);
        packer.pack(kId);
        packer.pack(kMethod);
        packer.pack(arguments_);
        use(theirs_);
    }

    // Up to the fields of the message; the arguments are bytes yet.
    void read_mine() {
        codec::Scanner scanner{limits_};
        if (scanner.scan(mine_.data(), mine_.size()) != codec::ScanStatus::complete ||
            codec::parse_message(mine_.view().substr(0, scanner.size()), message_)) {
            throw std::logic_error{"no message"};
        }
        use(message_);
    }

    // Up to a tree of objects.
    void read_theirs() {
        zone_.clear();
        std::size_t offset = 0;
        const auto referenced = [](msgpack::type::object_type, std::size_t, void*) { return true; };
        object_ = msgpack::unpack(
            zone_,
            theirs_.data(),
            theirs_.size(),
            offset,
            referenced,
            nullptr,
            msgpack::unpack_limit{1000, 1000, 65536, 65536, 65536, 32}
        );
        use(object_);
    }

    void unpack_mine() {
        std::tuple<Args...> to;
        if (codec::unpack_arguments(kMethod, message_.params, to))
            throw std::logic_error{"no arguments"};
        use(to);
    }

    void unpack_theirs() {
        std::tuple<Args...> to;
        object_.via.array.ptr[3].convert(to);
        use(to);
    }

private:
    const std::tuple<Args...> arguments_;
    const codec::Limits limits_;
    codec::Buffer mine_;
    codec::Message message_;
    msgpack::sbuffer theirs_;
    msgpack::zone zone_;
    msgpack::object object_;
};

template <class... Args>
void measure(const char* name, const Settings& settings, const std::tuple<Args...>& arguments) {
    Request<Args...> request{arguments};
    const auto line = [&](const char* step, auto mine, auto theirs) {
        compare(name, step, settings, mine, theirs);
    };
    line(
        "pack", [&] { request.pack_mine(); }, [&] { request.pack_theirs(); }
    );
    line(
        "read", [&] { request.read_mine(); }, [&] { request.read_theirs(); }
    );
    line(
        "arguments", [&] { request.unpack_mine(); }, [&] { request.unpack_theirs(); }
    );
    // Numbers are looked at in the second step here and in the first there, so that only the two
    // together can be compared.
    const auto both_of_mine = [&] {
        request.read_mine();
        request.unpack_mine();
    };
    const auto both_of_theirs = [&] {
        request.read_theirs();
        request.unpack_theirs();
    };
    line("both", both_of_mine, both_of_theirs);
}

int measure_all(const Settings& settings) {
    std::vector<int> numbers(100);
    std::iota(numbers.begin(), numbers.end(), 1000);
    std::map<std::string, int> pairs;
    for (int i = 0; i < 10; ++i)
        pairs["key number " + std::to_string(i)] = i * 1000;
    const std::string small(16, 'x');
    const std::string large(1000, 'x');
    tests::count_allocations_here();
    std::printf(
        "%-26s %-10s %8s %7s %12s %7s %8s\n",
        "message",
        "step",
        "ns",
        "allocs",
        "msgpack-c ns",
        "allocs",
        "ratio"
    );
    measure("two integers", settings, std::tuple{1, 2000});
    measure("text, 16 bytes", settings, std::tuple{small});
    measure("text, 1000 bytes", settings, std::tuple{large});
    measure("text, 1000 bytes, a view", settings, std::tuple{std::string_view{large}});
    measure("array of 100 integers", settings, std::tuple{numbers});
    measure("map of 10 pairs", settings, std::tuple{pairs});
    return 0;
}

}  // namespace
}  // namespace rollcall::bench

int main(int count, char** arguments) {
    rollcall::bench::Settings settings;
    if (count > 1) settings.rounds = std::atoi(arguments[1]);
    if (count > 2) settings.run = std::chrono::milliseconds{std::atoi(arguments[2])};
    if (settings.rounds < 1 || settings.run <= settings.run.zero()) {
        std::fputs("usage: codec-bench [rounds] [milliseconds of each run]\n", stderr);
        return 2;
    }
    try {
        return rollcall::bench::measure_all(settings);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "codec-bench: %s\n", error.what());
        return 1;
    }
}
