#include <rollcall/base/log.h>

#include <array>
#include <cstdio>
#include <utility>

namespace rollcall {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warning", "error"};

void write_to_stderr(LogLevel level, std::string_view message) {
    std::string line = "rollcall ";
    line += name_of(level);
    line += ": ";
    line += message;
    line += '\n';
    // One call, so that lines of several threads do not mix.
    static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
}

}  // namespace

std::string_view name_of(LogLevel level) noexcept {
    return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> log_level_from(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
        if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

Log::Log(Sink sink, LogLevel lowest) : sink_(std::move(sink)), lowest_(lowest) {
}

Log Log::none() {
    return Log{[](LogLevel, std::string_view) {}, LogLevel::error};
}

Log Log::to_stderr(LogLevel lowest) {
    return Log{write_to_stderr, lowest};
}

void Log::write(LogLevel level, std::string_view message) const noexcept {
    if (!enabled(level)) return;
    try {
        sink_ ? sink_(level, message) : write_to_stderr(level, message);
    } catch (...) {  // a log that fails must not fail its caller
    }
}

std::string printable(std::string_view text, std::size_t max_bytes) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (const char c : text.substr(0, max_bytes)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '\\') {
            out += c;
        } else {
            out += "\\x";
            out += kHex[byte >> 4U];
            out += kHex[byte & 0xfU];
        }
    }
    if (text.size() > max_bytes) out += "...";
    return out;
}

}  // namespace rollcall
