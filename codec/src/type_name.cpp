#include <rollcall/base/log.h>
#include <rollcall/codec/arguments.h>

#include <cstdlib>
#include <cxxabi.h>

namespace rollcall::codec {

std::string demangled_name(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name{
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
    return status == 0 && name ? name.get() : type.name();
}

std::string wrong_argument_count(Bytes method, std::size_t expected, std::size_t got) {
    return "'" + printable(method) + "' takes " + std::to_string(expected) +
           (expected == 1 ? " argument" : " arguments") + ", got " + std::to_string(got);
}

std::string wrong_argument(Bytes method, std::size_t index, const Mismatch& why) {
    return "argument " + std::to_string(index) + " of '" + printable(method) + "': expected " +
           why.expected + ", got " + why.got;
}

}  // namespace rollcall::codec
