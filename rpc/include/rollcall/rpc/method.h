#pragma once
// The contract of one method: its name and signature, shared by both sides.

#include <rollcall/rpc/invocation.h>

#include <string_view>
#include <type_traits>

namespace rollcall::rpc {

struct Idempotent {};

// Marks a method that may be executed twice without harm, so that calls may be retried although
// they may have been executed.
inline constexpr Idempotent idempotent{};

template <class Signature>
class Method;

// Method<int(int, int)> add{"add", idempotent}. A constant: `inline constexpr` in a header that
// client and server include. Calling it packs the arguments; nothing is sent yet.
template <class R, class... Args>
class Method<R(Args...)> {
public:
    using Result = R;

    // `name` must outlive the method: a literal.
    constexpr explicit Method(std::string_view name) : name_(name) {}

    constexpr Method(std::string_view name, Idempotent) : name_(name), idempotent_(true) {}

    [[nodiscard]] constexpr std::string_view name() const { return name_; }

    [[nodiscard]] constexpr bool is_idempotent() const { return idempotent_; }

    [[nodiscard]] Invocation<R> operator()(const std::remove_cvref_t<Args>&... arguments) const {
        Invocation<R> invocation{PackedInvocation::pack(name_, arguments...)};
        return idempotent_ ? std::move(invocation).idempotent() : std::move(invocation);
    }

private:
    std::string_view name_;
    bool idempotent_ = false;
};

}  // namespace rollcall::rpc
