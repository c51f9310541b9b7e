#include "command_spec.h"

#include <algorithm>
#include <string_view>

namespace rollcall::cli {

bool CommandSpec::takes_json() const {
    return std::string_view{more} == "JSON";
}

std::string CommandSpec::usage() const {
    std::string text = name;
    for (const char* const word : names)
        text += std::string{" "} + word;
    if (*more != '\0') text += std::string{" ["} + more + "...]";
    return text;
}

Result<void> CommandSpec::count(const std::vector<std::string>& words) const {
    if (words.size() < names.size()) {
        std::string text = names[words.size()];
        return Error{Errc::invalid_argument, text + " is missing: rollcall " + usage()};
    }
    if (words.size() > names.size() && *more == '\0') {
        std::string text = "'" + words[names.size()];
        return Error{Errc::invalid_argument, text + "' is too much: rollcall " + usage()};
    }
    return {};
}

const std::vector<CommandSpec>& commands() {
    static const std::vector<CommandSpec> kCommands{
        {"services", "list the services that the registry knows", {}, "", true},
        {"instances", "list the instances of a service", {"SERVICE"}, ""},
        {"watch", "print what happens, a line per change", {}, "SERVICE", true},
        {"call", "call a method and print its result", {"TARGET", "METHOD"}, "JSON"},
        {"broadcast", "call a method of every instance", {"SERVICE", "METHOD"}, "JSON"},
        {"methods", "list the methods of a server", {"TARGET"}, ""},
        {"health", "say whether a server serves, or each of a service", {"TARGET"}, ""},
        {"top", "show what a server or a service does, live", {"TARGET"}, ""},
        {"status", "show how the registry is", {}, "", true},
        {"bench", "call a method all the time and measure", {"TARGET", "METHOD"}, "JSON"},
        {"drain", "give an instance no new calls", {"SERVICE", "ID"}, "", true},
        {"undrain", "give it calls again", {"SERVICE", "ID"}, "", true},
        {"remove", "take an instance off the list", {"SERVICE", "ID"}, "", true},
    };
    return kCommands;
}

const CommandSpec* find_command(const std::string& name) {
    const auto found = std::find_if(commands().begin(), commands().end(), [&](const auto& spec) {
        return spec.name == name;
    });
    return found == commands().end() ? nullptr : &*found;
}

}  // namespace rollcall::cli
