#include "output.h"

#include <rollcall/base/log.h>

#include <algorithm>
#include <cstdio>

namespace rollcall::cli {

void print_line(const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
}

void print_json(const Json& json) {
    print_line(write_json(json));
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::vector<std::string>> clean;
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        auto& cells = clean.emplace_back();
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            cells.push_back(printable(row[i], 4096));
            widths[i] = std::max(widths[i], cells[i].size());
        }
    }
    for (const auto& row : clean) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        print_line(line);
    }
}

int fail(const Settings& settings, const Error& error) {
    if (settings.json) {
        Json json = Json::object();
        json["error"] = error_json(error);
        print_json(json);
    }
    const std::string sentence = printable(error.to_string(), 4096);
    std::fprintf(stderr, "rollcall: %s\n", sentence.c_str());
    return kFailed;
}

int misuse(const std::string& sentence) {
    std::fprintf(stderr, "rollcall: %s\n", printable(sentence, 4096).c_str());
    return kUsage;
}

}  // namespace rollcall::cli
