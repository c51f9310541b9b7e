#pragma once
// What soak-test is told. Pure.

#include <rollcall/base/clock.h>
#include <rollcall/base/result.h>

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::soak {

inline constexpr std::string_view kUsage =
    "usage: soak-test [--seconds N] [--rate CALLS_PER_SECOND] [--out FILE]\n"
    "  --seconds  how long; default: ROLLCALL_SOAK_SECONDS, else 1800\n"
    "  --rate     default: half of what the servers can do, which is measured first\n"
    "  --out      the figures as JSON; default build/soak.json\n";

struct Options {
    double seconds = 1800;
    double rate = 0;  // 0: half of the capacity
    std::string out = "build/soak.json";
    bool help = false;

    // Between two samples: 10 s, or a sixtieth of a time that is shorter than ten minutes.
    [[nodiscard]] Duration interval() const;
    [[nodiscard]] std::size_t intervals() const;
};

// `from_environment` is the value of ROLLCALL_SOAK_SECONDS, or null.
[[nodiscard]] Result<Options> parse(
    const std::vector<std::string>& arguments, const char* from_environment
);

}  // namespace rollcall::soak
