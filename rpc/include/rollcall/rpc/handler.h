#pragma once
// Adapts functions to requests: unpacks the arguments, runs the function, packs the result.
// Users need server.h only.

#include <rollcall/codec/arguments.h>
#include <rollcall/rpc/method.h>
#include <rollcall/rpc/reply.h>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>

namespace rollcall::rpc {

// Where a handler runs.
enum class RunOn {
    io,    // on the connection's I/O thread: fastest; it must not block
    pool,  // on the server's pool of threads: it may block
};

// Trivially copyable, so that it may stand in a co_await expression.
struct HandlerOptions {
    RunOn run = RunOn::io;
};

static_assert(std::is_trivially_copyable_v<HandlerOptions>);

// One method's code, without its types.
class Handler {
public:
    virtual ~Handler() = default;

    // For handlers that are done when they return: runs on the I/O thread and writes the reply.
    // False for the others; then start() is called instead.
    [[nodiscard]] virtual bool runs_inline() const = 0;
    virtual void run(const Request& request, codec::Buffer& out) = 0;

    // For the others: unpacks the arguments now, so that the request's bytes may go, and runs on
    // `executor`. Arguments that do not fit are answered through the ticket at once.
    virtual void start(
        const Request& request, ReplyTicket ticket, const asio::any_io_executor& executor
    ) = 0;

    [[nodiscard]] virtual RunOn run_on() const = 0;
    // "int(int,int)".
    [[nodiscard]] virtual std::string signature() const = 0;
};

namespace detail {

template <class T>
struct AwaitedType {
    using type = T;
    static constexpr bool is_coroutine = false;
};

template <class T, class Executor>
struct AwaitedType<asio::awaitable<T, Executor>> {
    using type = T;
    static constexpr bool is_coroutine = true;
};

template <class T>
struct UnwrappedResult {
    using type = T;
};

template <class T>
struct UnwrappedResult<rollcall::Result<T>> {
    using type = T;
};

// A callable's own signature; empty for generic lambdas and overloaded call operators.
template <class F>
struct Signature {};

template <class F>
requires requires {
    &F::operator();
}

struct Signature<F> : Signature<decltype(&F::operator())> {};

template <class F>
concept HasSignature = requires {
    typename Signature<F>::Arguments;
};

template <class R, class... Args>
struct Signature<R (*)(Args...)> {
    using Arguments = std::tuple<std::remove_cvref_t<Args>...>;
    using Returned = R;
};

template <class R, class... Args>
struct Signature<R (*)(Args...) noexcept> : Signature<R (*)(Args...)> {};

template <class C, class R, class... Args>
struct Signature<R (C::*)(Args...)> : Signature<R (*)(Args...)> {};

template <class C, class R, class... Args>
struct Signature<R (C::*)(Args...) const> : Signature<R (*)(Args...)> {};

template <class C, class R, class... Args>
struct Signature<R (C::*)(Args...) noexcept> : Signature<R (*)(Args...)> {};

template <class C, class R, class... Args>
struct Signature<R (C::*)(Args...) const noexcept> : Signature<R (*)(Args...)> {};

template <class F, class Arguments>
class FunctionHandler;

template <class F, class... Args>
class FunctionHandler<F, std::tuple<Args...>> final : public Handler {
    using Returned = std::invoke_result_t<F&, Args...>;
    using Awaited = AwaitedType<Returned>;
    using Value = typename UnwrappedResult<typename Awaited::type>::type;
    using Arguments = std::tuple<Args...>;

public:
    FunctionHandler(F function, RunOn run) : function_(std::move(function)), run_(run) {}

    [[nodiscard]] bool runs_inline() const override {
        return !Awaited::is_coroutine && run_ == RunOn::io;
    }

    void run(const Request& request, codec::Buffer& out) override {
        if constexpr (!Awaited::is_coroutine) {
            Arguments arguments;
            if (const auto wrong =
                    codec::unpack_arguments(request.method, request.params, arguments)) {
                return write_error(out, request.id, Errc::invalid_arguments, *wrong);
            }
            write_reply(out, request.id, [&]() -> decltype(auto) {
                return std::apply(function_, std::move(arguments));
            });
        }
    }

    void start(const Request& request, ReplyTicket ticket, const asio::any_io_executor& executor)
        override {
        // A handler that outlives the request's bytes cannot take views of them: for coroutines
        // this does not compile, for RunOn::pool it is refused when the handler is added.
        if constexpr (!(codec::is_view<Args> || ...)) {
            Arguments arguments;
            if (const auto wrong =
                    codec::unpack_arguments(request.method, request.params, arguments)) {
                codec::Buffer out;
                write_error(out, request.id, Errc::invalid_arguments, *wrong);
                return ticket.send(std::move(out));
            }
            if constexpr (Awaited::is_coroutine) {
                asio::co_spawn(
                    executor,
                    await(function_, std::move(arguments), std::move(ticket)),
                    asio::detached
                );
            } else {
                asio::post(
                    executor,
                    [this, arguments = std::move(arguments), ticket = std::move(ticket)]() mutable {
                        codec::Buffer out;
                        write_reply(out, ticket.id(), [&]() -> decltype(auto) {
                            return std::apply(function_, std::move(arguments));
                        });
                        ticket.send(std::move(out));
                    }
                );
            }
        }
    }

    [[nodiscard]] RunOn run_on() const override { return run_; }

    [[nodiscard]] std::string signature() const override {
        return codec::signature_name<Value, Args...>();
    }

private:
    static_assert(
        !Awaited::is_coroutine || !(codec::is_view<Args> || ...),
        "a coroutine handler owns its arguments: take std::string instead of std::string_view"
    );

    // The frame owns the arguments; the handler itself lives as long as the ticket's connection.
    static asio::awaitable<void> await(F& function, Arguments arguments, ReplyTicket ticket) {
        codec::Buffer out;
        try {
            if constexpr (std::is_void_v<typename Awaited::type>) {
                co_await std::apply(function, std::move(arguments));
                write_returned(out, ticket.id(), std::monostate{});
            } else {
                const auto returned = co_await std::apply(function, std::move(arguments));
                write_returned(out, ticket.id(), returned);
            }
        } catch (...) {
            out.clear();
            write_current_exception(out, ticket.id());
        }
        ticket.send(std::move(out));
    }

    F function_;
    RunOn run_;
};

template <class Arguments>
inline constexpr bool kTakesViews = false;
template <class... Args>
inline constexpr bool kTakesViews<std::tuple<Args...>> = (codec::is_view<Args> || ...);

}  // namespace detail

// Makes a handler of a callable whose signature can be read off it. Throws std::invalid_argument
// for a pool handler that takes views.
void require_owned_arguments(RunOn run, bool takes_views);

template <class F>
[[nodiscard]] std::unique_ptr<Handler> make_handler(F function, HandlerOptions options) {
    static_assert(
        detail::HasSignature<F>,
        "a generic or overloaded callable has no signature of its own; use a Method<R(Args...)>"
    );
    using Arguments = typename detail::Signature<F>::Arguments;
    require_owned_arguments(options.run, detail::kTakesViews<Arguments>);
    return std::make_unique<detail::FunctionHandler<F, Arguments>>(
        std::move(function), options.run
    );
}

// Makes a handler that must fit a contract. A generic callable gets the contract's parameters;
// those of others may differ from the contract's where the wire does not: std::string_view for
// std::string in a plain inline handler, for example. Throws std::invalid_argument as
// make_handler().
template <class R, class... Args, class F>
[[nodiscard]] std::unique_ptr<Handler> make_contract_handler(
    const Method<R(Args...)>&, F function, HandlerOptions options
) {
    static_assert(
        std::is_invocable_v<F&, std::remove_cvref_t<Args>...>,
        "the handler cannot be called with the arguments of the method's signature"
    );
    using Returned = std::invoke_result_t<F&, std::remove_cvref_t<Args>...>;
    using Value =
        typename detail::UnwrappedResult<typename detail::AwaitedType<Returned>::type>::type;
    static_assert(
        std::is_void_v<R> ? std::is_void_v<Value> : std::is_convertible_v<Value, R>,
        "the handler does not return what the method's signature promises"
    );
    if constexpr (detail::HasSignature<F>) {
        static_assert(
            std::tuple_size_v<typename detail::Signature<F>::Arguments> == sizeof...(Args),
            "the handler takes another number of arguments than the method's signature"
        );
        return make_handler(std::move(function), options);
    } else {
        using Arguments = std::tuple<std::remove_cvref_t<Args>...>;
        require_owned_arguments(options.run, detail::kTakesViews<Arguments>);
        return std::make_unique<detail::FunctionHandler<F, Arguments>>(
            std::move(function), options.run
        );
    }
}

}  // namespace rollcall::rpc
