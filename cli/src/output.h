#pragma once
// What the program writes: tables for people, JSON for machines.

#include <rollcall/base/error.h>

#include "json_value.h"
#include "settings.h"

#include <string>
#include <vector>

namespace rollcall::cli {

// One line on standard output.
void print_line(const std::string& line);
void print_json(const Json& json);

// Columns as wide as their widest cell, the first row being the heading. What came from others is
// escaped, so that it cannot act on a terminal.
void print_table(const std::vector<std::vector<std::string>>& rows);

// {"code", "message", "sent"} and, where they are known, "method", "endpoint" and "data".
[[nodiscard]] Json error_json(const Error& error);

// The sentence on standard error; with --json besides {"error": {...}} on standard output.
// Returns kFailed.
int fail(const Settings& settings, const Error& error);

// A mistake of the user: the sentence on standard error. Returns kUsage.
int misuse(const std::string& sentence);

}  // namespace rollcall::cli
