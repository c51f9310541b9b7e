#include <rollcall/base/log.h>
#include <rollcall/codec/arguments.h>

#include <array>
#include <cstdlib>
#include <cxxabi.h>

namespace rollcall::codec {

std::string demangled_name(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name{
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
    return status == 0 && name ? name.get() : type.name();
}

std::string short_name(const std::type_info& type) {
    std::string name = demangled_name(type);
    if (name.ends_with('>')) {
        // The arguments of a template, back to the bracket that opens them.
        std::size_t open = 0;
        std::size_t at = name.size();
        do {
            --at;
            if (name[at] == '>') ++open;
            if (name[at] == '<') --open;
        } while (open > 0 && at > 0);
        name.resize(at);
    }
    const std::size_t scope = name.rfind("::");
    return scope == std::string::npos ? name : name.substr(scope + 2);
}

std::string duration_name(std::intmax_t num, std::intmax_t den, const std::string& ticks) {
    if (!ticks.empty()) {
        return "duration<" + ticks + "," + std::to_string(num) +
               (den == 1 ? "" : "/" + std::to_string(den)) + ">";
    }
    static constexpr std::array<std::pair<std::intmax_t, std::string_view>, 5> kLong{
        {{1, "seconds"}, {60, "minutes"}, {3600, "hours"}, {86400, "days"}, {604800, "weeks"}}};
    static constexpr std::array<std::pair<std::intmax_t, std::string_view>, 3> kShort{
        {{1000, "milliseconds"}, {1000000, "microseconds"}, {1000000000, "nanoseconds"}}};
    for (const auto& [seconds, name] : kLong) {
        if (den == 1 && num == seconds) return std::string{name};
    }
    for (const auto& [parts, name] : kShort) {
        if (num == 1 && den == parts) return std::string{name};
    }
    return duration_name(num, den, "int");
}

std::string wrong_argument_count(
    Bytes method, std::size_t least, std::size_t most, std::size_t got
) {
    const std::string range = least == most ? "" : std::to_string(least) + " to ";
    return "'" + printable(method) + "' takes " + range + std::to_string(most) +
           (most == 1 ? " argument" : " arguments") + ", got " + std::to_string(got);
}

std::string wrong_argument(Bytes method, std::size_t index, const Mismatch& why) {
    return "argument " + std::to_string(index) + " of '" + printable(method) + "': " + why.text();
}

}  // namespace rollcall::codec
