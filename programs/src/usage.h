#pragma once
// How a program reads its command line, and what it says of one that it cannot use.

#include <optional>
#include <string_view>

namespace CLI {
class App;
}  // namespace CLI

namespace rollcall {

// Says on standard error what is wrong. Returns the exit status for it, 2.
[[nodiscard]] int refuse_usage(const CLI::App& app, std::string_view sentence);

// Nothing if the program may go on. Else its exit status: it was asked for help or its version,
// which is printed, or something is wrong, which is said. `app` needs a name.
[[nodiscard]] std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv);

}  // namespace rollcall
