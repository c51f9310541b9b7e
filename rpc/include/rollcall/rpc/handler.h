#pragma once
// Adapts functions to requests: unpacks the arguments, runs the function, packs the result.
// Users need server.h only.

#include <rollcall/codec/arguments.h>
#include <rollcall/rpc/handler_options.h>
#include <rollcall/rpc/method.h>
#include <rollcall/rpc/reply.h>
#include <rollcall/rpc/request_executor.h>

#include <asio/awaitable.hpp>
#include <asio/post.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>

namespace rollcall::rpc {

// One method's code, without its types.
class Handler {
public:
    virtual ~Handler() = default;

    // For handlers that are done when they return: runs on the I/O thread and packs the result, or
    // returns why there is none. False for the others; then start() is called instead.
    [[nodiscard]] virtual bool runs_inline() const = 0;
    [[nodiscard]] virtual Result<void> run(
        Context& context, codec::Bytes params, codec::Buffer& out
    ) = 0;

    // For the others: unpacks the arguments now, so that the request's bytes may go, and runs on
    // `executor`, which must live as long as the ticket's request. Arguments that do not fit are
    // answered through the ticket at once.
    virtual void start(
        codec::Bytes params, ReplyTicket ticket, const HandlerExecutor& executor
    ) = 0;

    [[nodiscard]] virtual RunOn run_on() const = 0;

    // The sides of its stream. A handler of a stream does not run inline; it finds the stream in
    // the ticket's request.
    [[nodiscard]] virtual StreamSides stream() const { return StreamSides::none; }

    // HandlerOptions::max_in_flight.
    [[nodiscard]] virtual std::size_t max_in_flight() const { return 0; }

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

// The arguments of a signature without the Context that may stand in front of them.
template <class Arguments>
struct WithoutContext {
    using Arguments_ = Arguments;
    static constexpr bool takes_context = false;
};

template <class... Args>
struct WithoutContext<std::tuple<Context, Args...>> {
    using Arguments_ = std::tuple<Args...>;
    static constexpr bool takes_context = true;
};

// Calls `function` with the arguments, behind the context if it takes one.
template <bool kTakesContext, class F, class... Args>
decltype(auto) invoke_handler(F& function, Context& context, std::tuple<Args...>& arguments) {
    const auto call = [&](Args&... each) -> decltype(auto) {
        if constexpr (kTakesContext)
            return function(context, std::move(each)...);
        else
            return function(std::move(each)...);
    };
    return std::apply(call, arguments);
}

template <bool kTakesContext, class F, class... Args>
struct ReturnedBy {
    using type = std::invoke_result_t<F&, Args...>;
};

template <class F, class... Args>
struct ReturnedBy<true, F, Args...> {
    using type = std::invoke_result_t<F&, Context&, Args...>;
};

template <class F, class Arguments, bool kTakesContext>
class FunctionHandler;

template <class F, class... Args, bool kTakesContext>
class FunctionHandler<F, std::tuple<Args...>, kTakesContext> final : public Handler {
    using Returned = typename ReturnedBy<kTakesContext, F, Args...>::type;
    using Awaited = AwaitedType<Returned>;
    using Value = typename UnwrappedResult<typename Awaited::type>::type;
    using Arguments = std::tuple<Args...>;

public:
    FunctionHandler(F function, HandlerOptions options)
        : function_(std::move(function)), options_(options) {}

    [[nodiscard]] bool runs_inline() const override {
        return !Awaited::is_coroutine && options_.run == RunOn::io;
    }

    [[nodiscard]] Result<void> run(Context& context, codec::Bytes params, codec::Buffer& out)
        override {
        if constexpr (!Awaited::is_coroutine) {
            return pack_produced(out, [&]() -> decltype(auto) {
                Arguments arguments;
                unpack(context, params, arguments);
                return invoke_handler<kTakesContext>(function_, context, arguments);
            });
        }
        return {};
    }

    void start(codec::Bytes params, ReplyTicket ticket, const HandlerExecutor& executor) override {
        // A handler that outlives the request's bytes cannot take views of them: for coroutines
        // this does not compile, for RunOn::pool it is refused when the handler is added.
        if constexpr (!(codec::is_view<Args> || ...)) {
            // Types of the arguments may throw whatever is done with them; the ticket answers.
            try {
                Arguments arguments;
                unpack(ticket.request()->context(), params, arguments);
                launch(std::move(arguments), std::move(ticket), executor);
            } catch (...) {
                ticket.fail();
            }
        }
    }

    [[nodiscard]] RunOn run_on() const override { return options_.run; }

    [[nodiscard]] std::size_t max_in_flight() const override { return options_.max_in_flight; }

    [[nodiscard]] std::string signature() const override {
        return codec::signature_name<Value, Args...>();
    }

private:
    static_assert(
        !Awaited::is_coroutine || !(codec::is_view<Args> || ...),
        "a coroutine handler owns its arguments: take std::string instead of std::string_view, and "
        "no aggregate with views inside"
    );

    void launch(Arguments&& arguments, ReplyTicket&& ticket, const HandlerExecutor& executor) {
        if constexpr (Awaited::is_coroutine) {
            std::shared_ptr<ActiveRequest> request = ticket.request();
            start_handling(
                executor,
                std::move(request),
                await(function_, std::move(arguments), std::move(ticket))
            );
        } else {
            asio::post(
                executor,
                [this, arguments = std::move(arguments), ticket = std::move(ticket)]() mutable {
                    run_later(arguments, std::move(ticket));
                }
            );
        }
    }

    static void unpack(const Context& context, codec::Bytes params, Arguments& to) {
        if (auto wrong = codec::unpack_arguments(context.method(), params, to))
            throw CallError{Error{Errc::invalid_arguments, *std::move(wrong)}};
    }

    void run_later(Arguments& arguments, ReplyTicket ticket) {
        if (auto why = ticket.request()->why_not_begin())
            return ticket.send(std::move(*why), codec::Buffer{});
        codec::Buffer out;
        Context& context = ticket.request()->context();
        const ContextScope scope{context};
        Result<void> ended = pack_produced(out, [&]() -> decltype(auto) {
            return invoke_handler<kTakesContext>(function_, context, arguments);
        });
        ticket.send(std::move(ended), std::move(out));
    }

    // The frame owns the arguments; the handler itself lives as long as the ticket's connection.
    static HandlerCoroutine await(F& function, Arguments arguments, ReplyTicket ticket) {
        try {
            if (auto why = ticket.request()->why_not_begin()) {
                ticket.send(std::move(*why), codec::Buffer{});
                co_return;
            }
            Context& context = ticket.request()->context();
            // On a line of its own: docs/hacking.md.
            auto handled = invoke_handler<kTakesContext>(function, context, arguments);
            if constexpr (std::is_void_v<typename Awaited::type>) {
                co_await std::move(handled);
                ticket.send_nil();
            } else {
                const auto returned = co_await std::move(handled);
                ticket.send_result(returned);
            }
        } catch (...) {
            ticket.fail();
        }
    }

    F function_;
    HandlerOptions options_;
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
    using Shape = detail::WithoutContext<typename detail::Signature<F>::Arguments>;
    using Arguments = typename Shape::Arguments_;
    require_owned_arguments(options.run, detail::kTakesViews<Arguments>);
    return std::make_unique<detail::FunctionHandler<F, Arguments, Shape::takes_context>>(
        std::move(function), options
    );
}

// Makes a handler that must fit a contract. A generic callable gets the contract's parameters;
// those of others may differ from the contract's where the wire does not: std::string_view for
// std::string in a plain inline handler, for example. A Context& may come first. Throws
// std::invalid_argument as make_handler().
template <class R, class... Args, class F>
[[nodiscard]] std::unique_ptr<Handler> make_contract_handler(
    const Method<R(Args...)>&, F function, HandlerOptions options
) {
    constexpr bool kPlain = std::is_invocable_v<F&, std::remove_cvref_t<Args>...>;
    static_assert(
        kPlain || std::is_invocable_v<F&, Context&, std::remove_cvref_t<Args>...>,
        "the handler cannot be called with the arguments of the method's signature"
    );
    using Returned = typename detail::ReturnedBy<!kPlain, F, std::remove_cvref_t<Args>...>::type;
    using Value =
        typename detail::UnwrappedResult<typename detail::AwaitedType<Returned>::type>::type;
    static_assert(
        std::is_void_v<R> ? std::is_void_v<Value> : std::is_convertible_v<Value, R>,
        "the handler does not return what the method's signature promises"
    );
    if constexpr (detail::HasSignature<F>) {
        using Shape = detail::WithoutContext<typename detail::Signature<F>::Arguments>;
        static_assert(
            std::tuple_size_v<typename Shape::Arguments_> == sizeof...(Args),
            "the handler takes another number of arguments than the method's signature"
        );
        return make_handler(std::move(function), options);
    } else {
        using Arguments = std::tuple<std::remove_cvref_t<Args>...>;
        require_owned_arguments(options.run, detail::kTakesViews<Arguments>);
        return std::make_unique<detail::FunctionHandler<F, Arguments, !kPlain>>(
            std::move(function), options
        );
    }
}

}  // namespace rollcall::rpc
