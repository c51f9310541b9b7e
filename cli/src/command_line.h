#pragma once
// From argv to a command.

#include "settings.h"

#include <optional>

namespace rollcall::cli {

struct ParsedCommandLine {
    CommandLine line;
    std::optional<int> exit_status;  // help was printed, or what is wrong
};

[[nodiscard]] ParsedCommandLine parse_command_line(int argc, char** argv);

}  // namespace rollcall::cli
