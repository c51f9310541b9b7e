#pragma once
// Sorts the words of a command line into options, names and JSON arguments, before any parser that
// would split, drop or cut a JSON text sees them.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::cli {

struct Words {
    std::vector<std::string> options;      // with their values
    std::vector<std::string> positionals;  // all the others, in order
};

// `takes_value` tells whether an option ("--registry") is followed by a value. A word that begins
// with '-' is an option unless it is a number ("-5") or comes after "--".
[[nodiscard]] Words sort_words(
    const std::vector<std::string>& words,
    const std::function<bool(std::string_view option)>& takes_value
);

}  // namespace rollcall::cli
