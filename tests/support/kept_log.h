#pragma once
// A log that a test reads.

#include <rollcall/base/log.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::tests {

// Keeps every line. Thread safety: any thread; copies of log() keep what they need alive.
class KeptLog {
public:
    [[nodiscard]] Log log() const {
        return Log{[kept = kept_](LogLevel level, std::string_view line) {
            const std::lock_guard lock{kept->mutex};
            kept->lines.emplace_back(level, line);
        }};
    }

    // How many lines of that level or above have `part` in them.
    [[nodiscard]] std::size_t count(std::string_view part, LogLevel lowest = LogLevel::debug)
        const {
        const std::lock_guard lock{kept_->mutex};
        const auto counts = [&](const auto& each) {
            return each.first >= lowest && each.second.find(part) != std::string::npos;
        };
        const auto n = std::count_if(kept_->lines.begin(), kept_->lines.end(), counts);
        return static_cast<std::size_t>(n);
    }

private:
    struct Kept {
        std::mutex mutex;
        std::vector<std::pair<LogLevel, std::string>> lines;
    };

    std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

}  // namespace rollcall::tests
