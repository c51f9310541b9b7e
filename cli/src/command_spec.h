#pragma once
// The commands and the words that each of them takes.

#include <rollcall/base/result.h>

#include <string>
#include <vector>

namespace rollcall::cli {

struct CommandSpec {
    const char* name;
    const char* about;
    std::vector<const char*> names;  // of its words
    const char* more;                // further words, any number: "JSON", or empty for none
    bool is_native = false;          // asks for what only the registry's own API has

    [[nodiscard]] bool takes_json() const;

    // "call TARGET METHOD [JSON...]"
    [[nodiscard]] std::string usage() const;

    // An error if `words` are too few or too many.
    [[nodiscard]] Result<void> count(const std::vector<std::string>& words) const;
};

[[nodiscard]] const std::vector<CommandSpec>& commands();

// Null if there is none of that name.
[[nodiscard]] const CommandSpec* find_command(const std::string& name);

}  // namespace rollcall::cli
