// The table of `top` as it fits on a screen.
#include <rollcall/base/log.h>

#include "top_table.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace rollcall::cli {
namespace {

using json::Json;

struct Column {
    const char* title;
    const char* key;
    int worth;  // the least goes first where there is no room
    bool is_text = false;
};

constexpr std::array<Column, 8> kColumns{
    {{"METHOD", "method", 9, true},
     {"INSTANCE", "instance", 8, true},
     {"CALLS/S", "calls_per_second", 7},
     {"ERRORS/S", "errors_per_second", 5},
     {"IN FLIGHT", "in_flight", 2},
     {"P50 US", "p50_us", 3},
     {"P99 US", "p99_us", 6},
     {"BYTES/S", "bytes_per_second", 1}}};
constexpr std::size_t kGap = 2;
constexpr std::size_t kNameLeast = 12;  // of a name that is cut

std::string text_of(const Json& value) {
    if (value.is_string()) return printable(value.get<std::string>(), 4096);
    if (value.is_null()) return "-";
    if (value.is_number_integer()) return json::write_json(value);
    const auto number = value.get<double>();
    char text[32];
    std::snprintf(text, sizeof text, number > 0 && number < 10 ? "%.1f" : "%.0f", number);
    return text;
}

// A column with its cells, the title first.
struct Filled {
    Column column;
    std::vector<std::string> cells;
    std::size_t width = 0;
};

Filled fill(const Column& column, const Json& rows, std::size_t shown) {
    Filled filled{column, {column.title}};
    for (std::size_t i = 0; i < shown; ++i)
        filled.cells.push_back(text_of(rows[i][column.key]));
    for (const std::string& cell : filled.cells)
        filled.width = std::max(filled.width, cell.size());
    return filled;
}

std::size_t width_of(const std::vector<Filled>& columns) {
    std::size_t width = 0;
    for (const Filled& each : columns)
        width += each.width + kGap;
    return width < kGap ? 0 : width - kGap;
}

void cut(std::string& text, std::size_t width) {
    if (text.size() <= width) return;
    text.resize(width);
    if (width > 3) text.replace(width - 3, 3, "...");
}

// Names give way first, as long as they can be told from others; then columns; then names again.
void fit(std::vector<Filled>& columns, std::size_t room) {
    const auto shorten = [&](std::size_t least) {
        const std::size_t width = width_of(columns);
        std::size_t over = width > room ? width - room : 0;
        for (auto each = columns.rbegin(); each != columns.rend() && over > 0; ++each) {
            if (!each->column.is_text || each->width <= least) continue;
            const std::size_t taken = std::min(over, each->width - least);
            each->width -= taken;
            over -= taken;
        }
    };
    const auto is_worth_less = [](const Filled& a, const Filled& b) {
        return a.column.worth < b.column.worth;
    };
    while (columns.size() > 2 && width_of(columns) > room) {
        // Would it fit with shorter names?
        std::size_t spare = 0;
        for (const Filled& each : columns) {
            const std::size_t least = each.column.is_text ? 2 * kNameLeast : each.width;
            spare += each.width - std::min(each.width, least);
        }
        if (width_of(columns) - spare <= room) break;
        columns.erase(std::min_element(columns.begin(), columns.end(), is_worth_less));
    }
    shorten(kNameLeast);
    shorten(1);
}

std::string line_of(const std::vector<Filled>& columns, std::size_t row) {
    std::string line;
    for (const Filled& each : columns) {
        std::string cell = each.cells[row];
        cut(cell, each.width);
        const std::string space(each.width - cell.size(), ' ');
        if (!line.empty()) line.append(kGap, ' ');
        line += each.column.is_text ? cell + space : space + cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace

std::vector<std::string> top_lines(const std::string& heading, const Json& rows, ScreenSize size) {
    // The heading, the titles, "and N more", and the line that the cursor is on.
    constexpr std::size_t kOtherLines = 3;
    std::size_t shown = rows.size();
    if (size.lines > 0 && rows.size() + kOtherLines > size.lines)
        shown = size.lines > kOtherLines + 1 ? size.lines - kOtherLines - 1 : 0;
    std::vector<Filled> columns;
    for (const Column& column : kColumns) {
        if (!rows.empty() && !rows[0].contains(column.key)) continue;
        if (rows.empty() && std::string_view{column.key} == "instance") continue;
        columns.push_back(fill(column, rows, shown));
    }
    if (size.columns > 0) fit(columns, size.columns);
    std::vector<std::string> lines{printable(heading, 4096)};
    for (std::size_t row = 0; row <= shown; ++row)
        lines.push_back(line_of(columns, row));
    if (shown < rows.size())
        lines.push_back("and " + std::to_string(rows.size() - shown) + " more");
    for (std::string& line : lines) {
        if (size.columns > 0) cut(line, size.columns);
    }
    return lines;
}

}  // namespace rollcall::cli
