#include "command_spec.h"

#include <algorithm>

namespace rollcall::cli {

std::string CommandSpec::usage() const {
    std::string text = name;
    for (const char* const word : names)
        text += std::string{" "} + word;
    if (takes_json) text += " [JSON...]";
    return text;
}

Result<void> CommandSpec::count(const std::vector<std::string>& words) const {
    if (words.size() < names.size()) {
        std::string text = names[words.size()];
        return Error{Errc::invalid_argument, text + " is missing: rollcall " + usage()};
    }
    if (words.size() > names.size() && !takes_json) {
        std::string text = "'" + words[names.size()];
        return Error{Errc::invalid_argument, text + "' is too much: rollcall " + usage()};
    }
    return {};
}

const std::vector<CommandSpec>& commands() {
    static const std::vector<CommandSpec> kCommands{
        {"services", "list the services that the registry knows", {}, false},
        {"instances", "list the instances of a service", {"SERVICE"}, false},
        {"call", "call a method and print its result", {"TARGET", "METHOD"}, true},
        {"broadcast", "call a method of every instance", {"SERVICE", "METHOD"}, true},
        {"methods", "list the methods of a server", {"TARGET"}, false},
        {"status", "show how the registry is", {}, false},
        {"bench", "call a method all the time and measure", {"TARGET", "METHOD"}, true},
        {"drain", "give an instance no new calls", {"SERVICE", "ID"}, false},
        {"undrain", "give it calls again", {"SERVICE", "ID"}, false},
        {"remove", "take an instance off the list", {"SERVICE", "ID"}, false},
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
