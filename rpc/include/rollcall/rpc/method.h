#pragma once
// The contract of one method: its name and signature, shared by both sides.

#include <rollcall/rpc/invocation.h>
#include <rollcall/rpc/stream.h>

#include <string_view>
#include <tuple>
#include <type_traits>

namespace rollcall::rpc {

struct Idempotent {};

// Marks a method that may be executed twice without harm, so that calls may be retried although
// they may have been executed.
inline constexpr Idempotent idempotent{};

namespace detail {

// What does not depend on whether the method has a stream: R is what an invocation says.
template <class R, class Arguments>
class MethodOf;

template <class R, class... Args>
class MethodOf<R, std::tuple<Args...>> {
public:
    // `name` must outlive the method: a literal.
    constexpr explicit MethodOf(std::string_view name) : name_(name) {}

    constexpr MethodOf(std::string_view name, Idempotent) : name_(name), idempotent_(true) {}

    [[nodiscard]] constexpr std::string_view name() const { return name_; }

    [[nodiscard]] constexpr bool is_idempotent() const { return idempotent_; }

    [[nodiscard]] Invocation<R> operator()(const Args&... arguments) const {
        Invocation<R> invocation{PackedInvocation::pack(name_, arguments...)};
        return idempotent_ ? std::move(invocation).idempotent() : std::move(invocation);
    }

private:
    std::string_view name_;
    bool idempotent_ = false;
};

template <class R, class... Args>
using MethodBase = MethodOf<
    typename SplitArguments<Args...>::template Result<R>,
    typename SplitArguments<Args...>::Arguments>;

}  // namespace detail

template <class Signature>
class Method;

// Method<int(int, int)> add{"add", idempotent}. A constant: `inline constexpr` in a header that
// client and server include. Calling it packs the arguments; nothing is sent yet. One that returns
// a Stream<T>, or takes one as its last parameter, is a stream (stream.h): its invocations are
// opened instead of called.
template <class R, class... Args>
class Method<R(Args...)> : public detail::MethodBase<R, Args...> {
public:
    using Result = R;
    using detail::MethodBase<R, Args...>::MethodBase;
};

}  // namespace rollcall::rpc
