#pragma once
// What the user asked for.

#include <rollcall/base/clock.h>
#include <rollcall/base/deadline.h>
#include <rollcall/registry/access_options.h>
#include <rollcall/tls/options.h>

#include <cstddef>
#include <string>
#include <vector>

namespace rollcall::cli {

// The exit statuses of the program.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

struct Settings {
    std::string registry = "http://127.0.0.1:7070";
    Duration timeout = std::chrono::seconds{5};
    registry::AccessOptions access;  // of the registry
    std::string token;               // of the servers
    bool rpc_tls = false;            // servers are called over TLS
    tls::ClientOptions rpc_files;    // if any is given, too
    std::string rpc_name;            // that their certificates must be for, if not their host
    bool idempotent = false;
    bool json = false;

    // Of `bench` alone.
    Duration duration = std::chrono::seconds{5};
    bool seconds_given = false;  // and of `top`: the interval
    bool once = false;           // of `top`: one table
    bool by_instance = false;    // of `top`: a row for each method of each instance
    std::size_t threads = 1;
    std::size_t in_flight = 1;

    [[nodiscard]] bool calls_over_tls() const {
        return rpc_tls || rpc_files != tls::ClientOptions{} || !rpc_name.empty();
    }

    // The end of what is asked for, counted from now.
    [[nodiscard]] Deadline deadline() const { return Deadline::in(timeout); }
};

// A command with its words, already counted.
struct CommandLine {
    std::string command;                 // "call"
    std::vector<std::string> names;      // TARGET and METHOD, SERVICE and ID
    std::vector<std::string> arguments;  // JSON texts, or services, as they were typed
    Settings settings;
};

}  // namespace rollcall::cli
