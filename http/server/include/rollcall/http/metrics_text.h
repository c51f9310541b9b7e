#pragma once
// The text format of Prometheus, version 0.0.4.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace rollcall::http {

// Write a family, then its samples. One thread at a time.
class MetricsText {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    // `type` is counter, gauge or histogram. `help` is one line of ours, without backslashes.
    void family(std::string_view name, std::string_view type, std::string_view help);

    // One of the last family. `suffix` as in "_bucket"; values of labels are escaped.
    void sample(std::uint64_t value, Labels labels = {}, std::string_view suffix = {});
    void sample(double value, Labels labels = {}, std::string_view suffix = {});

    // A family with one sample.
    template <class Number>
    void single(std::string_view name, std::string_view type, std::string_view help, Number value) {
        family(name, type, help);
        sample(value);
    }

    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    void append_sample(std::string_view number, Labels labels, std::string_view suffix);

    std::string text_;
    std::string name_;
};

// The shortest text that reads as the same number.
[[nodiscard]] std::string number_text(double value);

}  // namespace rollcall::http
