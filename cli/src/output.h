#pragma once
// What the program writes: tables for people, JSON for machines.

#include <rollcall/base/error.h>

#include "error_json.h"
#include "json_value.h"
#include "settings.h"

#include <string>
#include <vector>

namespace rollcall::cli {

using json::error_json;
using json::from_message_pack;
using json::Json;
using json::write_json;
using json::write_pretty_json;

// One line on standard output.
void print_line(const std::string& line);
void print_json(const Json& json);

// Columns as wide as their widest cell, the first row being the heading. What came from others is
// escaped, so that it cannot act on a terminal.
void print_table(const std::vector<std::vector<std::string>>& rows);

// The sentence on standard error; with --json besides {"error": {...}} on standard output.
// Returns kFailed.
int fail(const Settings& settings, const Error& error);

// A mistake of the user: the sentence on standard error. Returns kUsage.
int misuse(const std::string& sentence);

}  // namespace rollcall::cli
