#pragma once
// The params of a request <-> the arguments of a function.

#include <rollcall/codec/unpack.h>

#include <optional>
#include <string>
#include <tuple>

namespace rollcall::codec {

// [a, b, ...].
template <class... Args>
void pack_arguments(Buffer& out, const Args&... arguments) {
    pack_array_head(out, sizeof...(Args));
    (pack(out, arguments), ...);
}

// The sentences of argument errors, shared by all instantiations.
[[nodiscard]] std::string wrong_argument_count(
    Bytes method, std::size_t least, std::size_t most, std::size_t got
);
[[nodiscard]] std::string wrong_argument(Bytes method, std::size_t index, const Mismatch& why);

// Unpacks params, one array, into `to`, which must be fresh. Trailing arguments that are optionals
// may be missing. Nothing on success, else a sentence that names the method, the index of the
// argument (from 1), what was expected and what came.
template <class... Args>
[[nodiscard]] std::optional<std::string> unpack_arguments(
    Bytes method, Bytes params, std::tuple<Args...>& to
) {
    Reader reader{params};
    const std::uint32_t count = reader.read_array().value_or(0);
    constexpr std::size_t kMost = sizeof...(Args);
    constexpr std::size_t kLeast =
        detail::count_required(static_cast<const std::tuple<Args...>*>(nullptr));
    if (count > kMost || count < kLeast) return wrong_argument_count(method, kLeast, kMost, count);
    std::size_t index = 0;
    Mismatch why;
    const auto unpack_next = [&](auto& argument) {
        if constexpr (kLeast < kMost) {
            if (index == count) return true;
        }
        ++index;
        return unpack(reader, argument, why);
    };
    const bool fits =
        std::apply([&](auto&... arguments) { return (unpack_next(arguments) && ...); }, to);
    if (fits) return std::nullopt;
    return wrong_argument(method, index, why);
}

}  // namespace rollcall::codec
