#pragma once
// The command line of calculator-server.

#include <rollcall/registry/access_options.h>
#include <rollcall/tls/options.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace calculator {

struct Options {
    std::string listen = "127.0.0.1:0";
    std::string advertise;  // "host[:port]", empty: the listen address
    std::vector<std::string> registries;
    std::string service = "calculator";
    std::string id;
    std::string token;                         // that callers must know
    rollcall::registry::AccessOptions access;  // of the registries
    rollcall::tls::ServerOptions tls;          // of its own port
    std::size_t io_threads = 1;
    std::string admin;  // "host:port" of the admin listener; empty: none
    bool admin_calls = false;
};

// Prints help or what is wrong and gives the exit status then.
struct ParsedOptions {
    Options options;
    std::optional<int> exit_status;
};

[[nodiscard]] ParsedOptions parse_options(int argc, char** argv);

}  // namespace calculator
