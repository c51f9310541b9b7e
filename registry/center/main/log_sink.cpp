#include "log_sink.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace rollcall::registry {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::string json_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out;
}

}  // namespace

Log make_log(LogLevel lowest, bool json) {
    auto logger = std::make_shared<spdlog::logger>(
        "rollcall-registry", std::make_shared<spdlog::sinks::stderr_sink_mt>()
    );
    logger->set_level(level_of(lowest));
    logger->flush_on(spdlog::level::debug);
    logger->set_pattern(
        json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})"
             : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
        spdlog::pattern_time_type::utc
    );
    return Log{
        [logger, json](LogLevel level, std::string_view message) {
            const std::string line = json ? json_escaped(message) : std::string{message};
            logger->log(level_of(level), spdlog::string_view_t{line.data(), line.size()});
        },
        lowest};
}

}  // namespace rollcall::registry
