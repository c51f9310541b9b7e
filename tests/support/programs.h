#pragma once
// The project's own programs as child processes. A test program that includes this defines
// ROLLCALL_BIN, the folder that they are in.

#include "support/process.h"

#include <string>
#include <utility>
#include <vector>

namespace rollcall::tests {

// The rest of a line after its last space: "... listening on 127.0.0.1:4711".
[[nodiscard]] inline std::string last_word(const std::string& line) {
    return line.substr(line.rfind(' ') + 1);
}

[[nodiscard]] inline std::string program(const char* name) {
    return std::string{ROLLCALL_BIN "/"} + name;
}

// rollcall-registry, once it serves.
class RegistryProgram {
public:
    explicit RegistryProgram(
        const std::string& ttl_seconds = "0.9", const std::string& listen = "127.0.0.1:0"
    )
        : process_(
              {program("rollcall-registry"),
               "--listen",
               listen,
               "--ttl",
               ttl_seconds,
               "--log-level",
               "error"}
          ),
          url_(last_word(process_.wait_line("listening on"))) {}

    [[nodiscard]] Process& process() { return process_; }

    // "http://host:port"
    [[nodiscard]] const std::string& url() const { return url_; }

    // "host:port", to start another one at the same place.
    [[nodiscard]] std::string listen() const { return url_.substr(url_.rfind('/') + 1); }

private:
    Process process_;
    std::string url_;
};

// calculator-server, once it serves.
class CalculatorProgram {
public:
    explicit CalculatorProgram(
        std::vector<std::string> options = {}, std::vector<std::string> environment = {}
    )
        : process_(command(std::move(options)), std::move(environment)),
          endpoint_(last_word(process_.wait_line("listening on"))) {}

    // One that registers.
    [[nodiscard]] static std::vector<std::string> in(const std::string& registry_url) {
        return {"--registry", registry_url};
    }

    [[nodiscard]] Process& process() { return process_; }

    // "host:port"
    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

private:
    [[nodiscard]] static std::vector<std::string> command(std::vector<std::string> options) {
        options.insert(options.begin(), program("calculator-server"));
        return options;
    }

    Process process_;
    std::string endpoint_;
};

}  // namespace rollcall::tests
