#include "usage.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <string>

namespace rollcall {

int refuse_usage(const CLI::App& app, std::string_view sentence) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), std::string{sentence}.c_str());
    return 2;
}

std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const CLI::ParseError& error) {
        return refuse_usage(app, std::string{error.what()} + "; --help lists the options");
    }
    return std::nullopt;
}

}  // namespace rollcall
