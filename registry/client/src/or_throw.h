#pragma once
// Wrong options are the one thing that throws.

#include <rollcall/base/result.h>

#include <stdexcept>
#include <utility>

namespace rollcall::registry {

// The value, or std::invalid_argument with the error's sentence.
template <class T>
[[nodiscard]] T or_throw(Result<T> result) {
    if (!result) throw std::invalid_argument{result.error().message()};
    return std::move(*result);
}

}  // namespace rollcall::registry
