#pragma once
// The foreign programs that these tests talk to.

#include <rollcall/base/endpoint.h>

#include "support/process.h"

#include <optional>
#include <string>
#include <vector>

namespace rollcall::tests {

// Where they are. A peer that is not installed is a std::runtime_error whose text names the
// package: a test that cannot run has failed.
[[nodiscard]] std::vector<std::string> nvim_command();
// Prometheus on a port of its own choice, with this configuration, which is written to `folder`, as
// is everything that it keeps.
[[nodiscard]] std::vector<std::string> prometheus_command(
    const std::string& folder, const std::string& configuration
);
// From its log, once it says where it listens.
[[nodiscard]] std::optional<std::string> prometheus_address(const std::string& log);
// A script of this folder, run by the system's own Python, which has Debian's msgpack.
[[nodiscard]] std::vector<std::string> python_command(const std::string& script);
// A script of this folder that needs an npm package, run by Node.
[[nodiscard]] std::vector<std::string> node_command(
    const std::string& script, const std::string& package = "msgpack5rpc"
);
// What Node needs to find the packages.
[[nodiscard]] std::vector<std::string> node_environment();

// Waits for the line "listening HOST:PORT" of a server that has been started.
[[nodiscard]] Endpoint wait_listening(Process& process);

}  // namespace rollcall::tests
