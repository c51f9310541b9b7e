// What a choice costs: one JSON object per selector and size of the list on standard output.
//
//     selector-bench [CHOICES]
#include <rollcall/base/hash.h>
#include <rollcall/discovery/selector.h>

#include "select_modes.h"

#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <new>
#include <string>
#include <vector>

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

// Counted, so that "no allocation" is seen and not believed.
void* operator new(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace rollcall::discovery {
namespace {

class BusyMeter final : public LoadMeter {
public:
    explicit BusyMeter(std::size_t in_flight) : in_flight_(in_flight) {}

    [[nodiscard]] Load load(TimePoint /*now*/) const override {
        return {in_flight(), std::chrono::milliseconds{1}};
    }

    [[nodiscard]] std::size_t in_flight() const override {
        return in_flight_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::size_t> in_flight_;
};

void measure(SelectMode mode, std::size_t instances, std::size_t choices) {
    std::deque<registry::Instance> all;
    std::deque<BusyMeter> meters;
    std::vector<Candidate> members;
    for (std::size_t i = 0; i < instances; ++i) {
        registry::Instance& instance = all.emplace_back();
        const std::string number = std::to_string(100'000 + i);
        instance.id = "10.0.0.7:" + number;
        instance.weight = static_cast<int>(50 + i % 100);
        meters.emplace_back(i % 7);
        members.push_back({&instance, &meters.back()});
    }
    const Candidates list{members, 1, SteadyClock::now()};
    const auto selector = make_selector(mode);
    TimePoint start = SteadyClock::now();
    selector->prepare(list);
    const Duration prepared = SteadyClock::now() - start;
    std::size_t sum = selector->choose(list.with_key(1));  // first uses are over
    const std::size_t before = allocations.load();
    start = SteadyClock::now();
    for (std::size_t i = 0; i < choices; ++i)
        sum += selector->choose(list.with_key(mix_bits(i)));
    const Duration took = SteadyClock::now() - start;
    const std::size_t allocated = allocations.load() - before;
    nlohmann::ordered_json row;
    row["selector"] = name_of(mode);
    row["instances"] = instances;
    row["ns"] = static_cast<double>(took.count()) / static_cast<double>(choices);
    row["allocations"] = allocated;
    row["new_list_us"] = std::chrono::duration<double, std::micro>(prepared).count();
    row["sum"] = sum;
    std::printf("%s\n", row.dump().c_str());
}

}  // namespace
}  // namespace rollcall::discovery

int main(int argc, char** argv) {
    const std::size_t choices = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2'000'000;
    for (const std::size_t instances : {std::size_t{3}, std::size_t{1000}}) {
        for (const auto mode : rollcall::bench::kSelectModes) {
            rollcall::discovery::measure(mode, instances, choices);
        }
    }
    return 0;
}
