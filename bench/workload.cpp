#include "workload.h"

#include <algorithm>
#include <charconv>

namespace rollcall::bench {
namespace {

// What a mistyped number must not make of this machine's memory.
constexpr std::size_t kMost = std::size_t{1} << 30U;

// A number at the beginning of `text`, which is taken off; at least `least`.
std::optional<std::size_t> take_number(std::string_view& text, std::size_t least) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < least || number > kMost) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

bool take_times(std::string_view& text) {
    const bool there = text.starts_with('x');
    if (there) text.remove_prefix(1);
    return there;
}

}  // namespace

std::optional<Workload> find_workload(std::string_view name) {
    const auto* const found = std::find_if(
        kWorkloads.begin(), kWorkloads.end(), [&](const Workload& one) { return one.name == name; }
    );
    if (found != kWorkloads.end()) return *found;
    std::string_view rest = name;
    const auto connections = take_number(rest, 1);
    if (!connections || !take_times(rest)) return std::nullopt;
    const auto in_flight = take_number(rest, 1);
    if (!in_flight || !take_times(rest)) return std::nullopt;
    const auto bytes = take_number(rest, 0);
    if (!bytes || !rest.empty()) return std::nullopt;
    return Workload{name, *connections, *in_flight, *bytes, false, "of one's own"};
}

}  // namespace rollcall::bench
