#include <rollcall/http/metrics_text.h>

#include <array>
#include <charconv>

namespace rollcall::http {
namespace {

void append_label_value(std::string& out, std::string_view value) {
    for (const char c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += "# HELP ";
    text_ += name;
    text_ += ' ';
    text_ += help;
    text_ += "\n# TYPE ";
    text_ += name;
    text_ += ' ';
    text_ += type;
    text_ += '\n';
}

void MetricsText::sample(std::uint64_t value, Labels labels, std::string_view suffix) {
    append_sample(std::to_string(value), labels, suffix);
}

void MetricsText::sample(double value, Labels labels, std::string_view suffix) {
    append_sample(number_text(value), labels, suffix);
}

void MetricsText::append_sample(std::string_view number, Labels labels, std::string_view suffix) {
    text_ += name_;
    text_ += suffix;
    char before = '{';
    for (const auto& [name, value] : labels) {
        text_ += std::exchange(before, ',');
        text_ += name;
        text_ += "=\"";
        append_label_value(text_, value);
        text_ += '"';
    }
    if (labels.size() > 0) text_ += '}';
    text_ += ' ';
    text_ += number;
    text_ += '\n';
}

std::string number_text(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

}  // namespace rollcall::http
