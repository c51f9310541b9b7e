#pragma once
// The commands of docs/registry.md, as a stranger pastes them.

#include "support/process.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace rollcall::registry::tests {

// The first block of shell commands after a heading.
inline std::string commands_below(const std::string& heading) {
    std::ifstream file{ROLLCALL_REGISTRY_DOCS};
    std::ostringstream text;
    text << file.rdbuf();
    const std::string docs = text.str();
    const std::string fence = "\n```";
    const auto section = docs.find("\n" + heading + "\n");
    const auto begin = docs.find(fence + "sh\n", section);
    const auto end = docs.find(fence, begin + fence.size());
    if (section == std::string::npos || begin == std::string::npos || end == std::string::npos) {
        throw std::runtime_error{"no commands below '" + heading + "'"};
    }
    return docs.substr(begin + fence.size() + 3, end - begin - fence.size() - 3);
}

// Runs them against the registry at `url`. A request that is answered 4xx or 5xx ends the script.
inline rollcall::tests::Finished run_commands_below(
    const std::string& heading, const std::string& url
) {
    std::string commands = commands_below(heading);
    const std::string address = "http://127.0.0.1:7070";
    auto at = commands.find(address);
    if (at == std::string::npos) throw std::runtime_error{"no registry below '" + heading + "'"};
    for (; at != std::string::npos; at = commands.find(address, at))
        commands.replace(at, address.size(), url);
    const std::string script = "set -eu\ncurl() { command curl -fsS \"$@\"; echo; }\n" + commands;
    return rollcall::tests::run({"/bin/sh", "-c", script});
}

}  // namespace rollcall::registry::tests
