#pragma once
// Where messages of the libraries go: a value in their options.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall {

enum class LogLevel { debug, info, warning, error };

[[nodiscard]] std::string_view name_of(LogLevel level) noexcept;
[[nodiscard]] std::optional<LogLevel> log_level_from(std::string_view name) noexcept;

// A sink of messages with a lowest level. Libraries log changes of state once, not each
// occurrence. The default writes warnings and errors to standard error, one line each.
// Thread safety: a Log may be used from any thread; the function given must allow it and must
// not throw (what it throws is dropped).
class Log {
public:
    using Sink = std::function<void(LogLevel, std::string_view message)>;

    Log() = default;
    explicit Log(Sink sink, LogLevel lowest = LogLevel::debug);

    // Drops everything.
    [[nodiscard]] static Log none();
    // Standard error, from `lowest` up.
    [[nodiscard]] static Log to_stderr(LogLevel lowest);

    [[nodiscard]] bool enabled(LogLevel level) const noexcept { return level >= lowest_; }

    void debug(std::string_view message) const noexcept { write(LogLevel::debug, message); }

    void info(std::string_view message) const noexcept { write(LogLevel::info, message); }

    void warning(std::string_view message) const noexcept { write(LogLevel::warning, message); }

    void error(std::string_view message) const noexcept { write(LogLevel::error, message); }

    // For whoever is told the level.
    void write(LogLevel level, std::string_view message) const noexcept;

private:
    Sink sink_;
    LogLevel lowest_ = LogLevel::warning;
};

// For log lines and error texts: control characters and bytes above 0x7e as \xNN, cut after
// `max_bytes`. What a peer sent never reaches a terminal or a log unescaped.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes = 200);

}  // namespace rollcall
