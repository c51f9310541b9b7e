#include "process_usage.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

namespace rollcall::soak {
namespace {

// The number behind a word like "Rss:"; nothing if the file does not have it.
std::optional<double> number_behind(std::string_view wanted, const std::string& path) {
    std::ifstream file{path};
    for (std::string word; file >> word;) {
        double number = 0;
        if (word == wanted && file >> number) return number;
    }
    return std::nullopt;
}

std::optional<double> entries_of(const std::string& folder) {
    std::error_code error;
    const std::filesystem::directory_iterator all{folder, error};
    if (error) return std::nullopt;
    return static_cast<double>(std::distance(begin(all), end(all)));
}

}  // namespace

std::optional<Usage> usage_of(pid_t process) {
    const std::string folder = "/proc/" + std::to_string(process);
    // smaps_rollup counts pages; the VmRSS of status may be some hundred KiB off.
    const auto resident = number_behind("Rss:", folder + "/smaps_rollup");
    const auto anonymous = number_behind("Anonymous:", folder + "/smaps_rollup");
    const auto descriptors = entries_of(folder + "/fd");
    const auto threads = number_behind("Threads:", folder + "/status");
    if (!resident || !anonymous || !descriptors || !threads) return std::nullopt;
    return Usage{*resident, *anonymous, *descriptors, *threads};
}

}  // namespace rollcall::soak
