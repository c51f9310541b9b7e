#pragma once
// The border between code that may throw, such as a user's, and threads that nobody could catch on.

#include <rollcall/base/error.h>

#include <exception>
#include <string>
#include <utility>

namespace rollcall {

// What `work`, a function that returns a Result, returns; what it throws, as an error with `code`.
template <class Work>
[[nodiscard]] auto catching(Errc code, Work&& work) noexcept -> decltype(work()) {
    try {
        return std::forward<Work>(work)();
    } catch (const std::exception& error) {
        return Error{code, std::string{"it threw: "} + error.what()};
    } catch (...) {
        return Error{code, "it threw what is no std::exception"};
    }
}

}  // namespace rollcall
