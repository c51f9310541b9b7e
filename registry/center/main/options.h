#pragma once
// The command line of rollcall-registry.

#include <rollcall/base/log.h>
#include <rollcall/registry/registry_server.h>

#include <optional>

namespace rollcall::registry {

struct MainOptions {
    RegistryServerOptions server;
    LogLevel log_level = LogLevel::info;
    bool log_json = false;
};

// Reads flags and ROLLCALL_REGISTRYD_... variables; flags win. Prints help, the version or what
// is wrong, and gives the exit status then.
struct ParsedOptions {
    MainOptions options;
    std::optional<int> exit_status;
};

[[nodiscard]] ParsedOptions parse_options(int argc, char** argv);

}  // namespace rollcall::registry
