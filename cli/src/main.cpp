// rollcall: looks into a registry and calls the servers that it lists.
#include <rollcall/registry/connect.h>

#include "command_line.h"
#include "command_spec.h"
#include "commands.h"
#include "output.h"

#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>

namespace rollcall::cli {
namespace {

// Other registries can be read and registered with, and that is all.
Result<void> check_registry(const CommandLine& line) {
    const std::string& url = line.settings.registry;
    const CommandSpec* const spec = find_command(line.command);
    const bool is_native = url.starts_with("http://") || url.starts_with("https://");
    if (spec == nullptr || !spec->is_native || is_native) return {};
    if (const auto usable = registry::connect(url, line.settings.access); !usable)
        return usable.error();
    return Error{
        Errc::invalid_argument,
        "'" + line.command + "' needs the API of rollcall-registry, http://host:port; " +
            registry::without_password(url) + " has no such thing"};
}

int run(const CommandLine& line) {
    if (const auto usable = check_registry(line); !usable) return misuse(usable.error().message());
    using Command = int (*)(const CommandLine&);
    static const std::map<std::string, Command> kCommands{
        {"services", services},
        {"instances", instances},
        {"watch", watch},
        {"status", status},
        {"drain", drain},
        {"undrain", undrain},
        {"remove", remove_instance},
        {"call", call},
        {"broadcast", broadcast},
        {"methods", methods},
        {"bench", bench},
        {"health", health},
        {"top", top},
    };
    return kCommands.at(line.command)(line);
}

}  // namespace
}  // namespace rollcall::cli

int main(int argc, char** argv) {
    namespace cli = rollcall::cli;
    try {
        const cli::ParsedCommandLine parsed = cli::parse_command_line(argc, argv);
        return parsed.exit_status ? *parsed.exit_status : cli::run(parsed.line);
    } catch (const std::invalid_argument& error) {
        return cli::misuse(error.what());
    } catch (const std::exception& error) {
        return cli::fail(cli::Settings(), rollcall::Error{rollcall::Errc::unknown, error.what()});
    }
}
