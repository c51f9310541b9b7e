// rollcall: looks into a registry and calls the servers that it lists.
#include "command_line.h"
#include "commands.h"
#include "output.h"

#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>

namespace rollcall::cli {
namespace {

int run(const CommandLine& line) {
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
