#pragma once
// Result<T>: a value or an Error.

#include <rollcall/base/error.h>

#include <tl/expected.hpp>

#include <utility>

namespace rollcall {

// tl::expected with two differences: ignoring one is a warning, and value() throws CallError
// with a whole sentence instead of "Bad expected access".
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
    using Base = tl::expected<T, Error>;

public:
    using Base::Base;

    // An Error converts to a failed Result: `return Error{...};`.
    // NOLINTNEXTLINE(google-explicit-constructor)
    Result(Error error) : Base(tl::unexpect, std::move(error)) {}

    T& value() & { return check(), **this; }

    const T& value() const& { return check(), **this; }

    T&& value() && { return check(), *std::move(*this); }

private:
    void check() const {
        if (!this->has_value()) throw CallError{this->error()};
    }
};

template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
    using Base = tl::expected<void, Error>;

public:
    using Base::Base;

    // NOLINTNEXTLINE(google-explicit-constructor)
    Result(Error error) : Base(tl::unexpect, std::move(error)) {}

    void value() const {
        if (!has_value()) throw CallError{error()};
    }
};

}  // namespace rollcall
