#pragma once
// Whether what was seen of the processes is flat. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::soak {

// What a process holds at one moment.
struct Usage {
    double resident_kib = 0;
    double anonymous_kib = 0;  // of those, what belongs to no file: heap and stacks
    double descriptors = 0;
    double threads = 0;
};

struct ProcessCourse {
    std::string name;
    std::vector<Usage> samples;
};

// All that the verdict looks at.
struct Course {
    std::vector<ProcessCourse> processes;
    double seconds = 0;        // 0: broken off
    double intended_rate = 0;  // calls per second
    double achieved_rate = 0;
    std::uint64_t failed = 0;
    std::string first_failure;
};

// How much more of something there may be in the last quarter of the time than in the second: the
// first belongs to what starts.
struct Bound {
    const char* what;
    double Usage::*value;
    double share;  // of what there was
    double slack;  // on top
};

inline constexpr double kMemoryShare = 0.03;
inline constexpr double kMemorySlackKib = 1024;
inline constexpr Bound kBounds[] = {
    {"resident memory, KiB", &Usage::resident_kib, kMemoryShare, kMemorySlackKib},
    {"anonymous memory, KiB", &Usage::anonymous_kib, kMemoryShare, kMemorySlackKib},
    {"descriptors", &Usage::descriptors, 0, 2},  // some connections come and go
    {"threads", &Usage::threads, 0, 1},
};
inline constexpr double kLeastRate = 0.95;       // of the intended
inline constexpr std::size_t kLeastSamples = 8;  // of which growth can be told

// What is shorter says nothing of a rate; of growth, because everything still starts.
inline constexpr double kLeastSecondsOfRate = 1;
inline constexpr double kLeastSecondsOfGrowth = 60;

// The medians of the second and of the last quarter.
struct Quarters {
    double second;
    double last;
};

// Nothing if there are fewer than kLeastSamples.
[[nodiscard]] std::optional<Quarters> quarters_of(
    const std::vector<Usage>& samples, double Usage::*value
);

// Whether the samples are of a time that is long enough.
[[nodiscard]] bool can_tell_growth(const Course& course);

[[nodiscard]] bool is_flat(const Quarters& quarters, const Bound& bound);

// A sentence for each thing that is not as it should be; none: it has passed.
[[nodiscard]] std::vector<std::string> findings_of(const Course& course);

}  // namespace rollcall::soak
