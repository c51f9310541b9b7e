#include "options.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

namespace rollcall::soak {
namespace {

constexpr double kSecondsMin = 5;
constexpr double kSecondsMax = 7 * 86400;
constexpr double kRateMin = 1;
constexpr double kRateMax = 10'000'000;

Error wrong(const std::string& sentence) {
    return Error{Errc::invalid_argument, sentence};
}

// `name` is who wants the number.
Result<double> number_in(
    std::string_view name, std::string_view text, double lowest, double highest
) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    const bool good = error == std::errc{} && stopped == end;
    if (good && value >= lowest && value <= highest) return value;
    const auto whole = [](double limit) { return std::to_string(std::llround(limit)); };
    return wrong(
        std::string{name} + " wants a number from " + whole(lowest) + " to " + whole(highest) +
        ", not '" + std::string{text} + "'"
    );
}

Result<void> take(Options& options, const std::string& name, const std::string& value) {
    if (name == "--out") {
        if (value.empty()) return wrong("--out wants the name of a file");
        options.out = value;
        return {};
    }
    const bool rate = name == "--rate";
    const auto number = rate ? number_in(name, value, kRateMin, kRateMax)
                             : number_in(name, value, kSecondsMin, kSecondsMax);
    if (!number) return number.error();
    (rate ? options.rate : options.seconds) = *number;
    return {};
}

}  // namespace

Duration Options::interval() const {
    const double each = std::min(10.0, seconds / 60);
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{each});
}

std::size_t Options::intervals() const {
    return static_cast<std::size_t>(std::lround(seconds / std::min(10.0, seconds / 60)));
}

Result<Options> parse(const std::vector<std::string>& arguments, const char* from_environment) {
    Options options;
    if (from_environment != nullptr) {
        const auto seconds =
            number_in("ROLLCALL_SOAK_SECONDS", from_environment, kSecondsMin, kSecondsMax);
        if (!seconds) return seconds.error();
        options.seconds = *seconds;
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& name = arguments[i];
        if (name == "--help" || name == "-h") {
            options.help = true;
            continue;
        }
        if (name != "--seconds" && name != "--rate" && name != "--out")
            return wrong("there is no option '" + name + "'");
        if (i + 1 == arguments.size()) return wrong(name + " wants a value");
        const auto taken = take(options, name, arguments[++i]);
        if (!taken) return taken.error();
    }
    return options;
}

}  // namespace rollcall::soak
