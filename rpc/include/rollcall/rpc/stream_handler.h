#pragma once
// Adapts functions to requests that open streams. Users need server.h or client.h only.

#include <rollcall/rpc/handler.h>
#include <rollcall/rpc/stream_ends.h>

#include <asio/this_coro.hpp>

#include <ranges>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace rollcall::rpc {

// Throws std::invalid_argument for a handler that would block an I/O thread.
void require_coroutine(RunOn run, bool is_coroutine);

namespace detail {

// The parameters of a function without the ends of streams that stand last.
template <class Done, class... Rest>
struct SplitEnds {
    using Arguments = Done;
    using Up = void;
    using Down = void;
};

template <class... Done, class T>
struct SplitEnds<std::tuple<Done...>, StreamReader<T>> : SplitEnds<std::tuple<Done...>> {
    using Up = T;
};

template <class... Done, class T>
struct SplitEnds<std::tuple<Done...>, StreamWriter<T>> : SplitEnds<std::tuple<Done...>> {
    using Down = T;
};

template <class... Done, class U, class D>
struct SplitEnds<std::tuple<Done...>, StreamReader<U>, StreamWriter<D>>
    : SplitEnds<std::tuple<Done...>> {
    using Up = U;
    using Down = D;
};

template <class... Done, class First, class... Rest>
struct SplitEnds<std::tuple<Done...>, First, Rest...>
    : SplitEnds<std::tuple<Done..., First>, Rest...> {};

template <class Arguments>
struct EndsOf;

template <class... Args>
struct EndsOf<std::tuple<Args...>> : SplitEnds<std::tuple<>, Args...> {};

// Whether a function's own signature says that it is a stream.
template <class F>
inline constexpr bool kHasEnds = false;
template <HasSignature F>
inline constexpr bool kHasEnds<F> =
    kSides<EndsOf<typename WithoutContext<typename Signature<F>::Arguments>::Arguments_>> !=
    StreamSides::none;

// What stands for an end of the stream among a handler's arguments: a tuple of it, or of nothing.
template <template <class> class End, class T>
struct EndTuple {
    static std::tuple<End<T>> of(const StreamPipePtr& pipe) { return {End<T>{pipe}}; }
};

template <template <class> class End>
struct EndTuple<End, void> {
    static std::tuple<> of(const StreamPipePtr&) { return {}; }
};

template <class Up, class Down>
auto stream_ends(const StreamPipePtr& pipe) {
    return std::tuple_cat(
        EndTuple<StreamReader, Up>::of(pipe), EndTuple<StreamWriter, Down>::of(pipe)
    );
}

// A range of what was returned: itself, or what is in a Result.
template <class T>
T& range_of(T& range) {
    return range;
}

template <class T>
T& range_of(rollcall::Result<T>& range) {
    return *range;
}

// F answers with a stream of Down and reads one of Up; kIsGenerator: it returns a range of Down
// instead of writing it.
template <class F, class Arguments, class Up, class Down, bool kTakesContext, bool kIsGenerator>
class StreamHandler;

template <class F, class... Args, class Up_, class Down_, bool kTakesContext, bool kIsGenerator>
class StreamHandler<F, std::tuple<Args...>, Up_, Down_, kTakesContext, kIsGenerator> final
    : public Handler {
    using Arguments = std::tuple<Args...>;

    struct Shape {
        using Down = Down_;
        using Up = Up_;
    };

    using Down = Down_;
    using Up = Up_;
    using Written = std::conditional_t<kIsGenerator, void, Down>;
    using All = decltype(std::tuple_cat(
        std::declval<Arguments>(), stream_ends<Up, Written>(StreamPipePtr{})
    ));

    template <class Tuple>
    struct Returned_;

    template <class... All_>
    struct Returned_<std::tuple<All_...>> {
        using type = typename ReturnedBy<kTakesContext, F, All_...>::type;
    };

    using Returned = typename Returned_<All>::type;
    using Awaited = AwaitedType<Returned>;
    using Value = typename UnwrappedResult<typename Awaited::type>::type;

    static_assert(
        !(codec::is_view<Args> || ...),
        "a handler of a stream owns its arguments: take std::string instead of std::string_view"
    );

public:
    StreamHandler(F function, HandlerOptions options)
        : function_(std::move(function)), options_(options) {
        if (!kIsGenerator) require_coroutine(options.run, Awaited::is_coroutine);
    }

    [[nodiscard]] bool runs_inline() const override { return false; }

    [[nodiscard]] Result<void> run(Context&, codec::Bytes, codec::Buffer&) override {
        return Error{Errc::handler_failed, "a stream does not run inline"};
    }

    void start(codec::Bytes params, ReplyTicket ticket, const HandlerExecutor& executor) override {
        try {
            Arguments arguments;
            const Context& context = ticket.request()->context();
            if (auto wrong = codec::unpack_arguments(context.method(), params, arguments))
                throw CallError{Error{Errc::invalid_arguments, *std::move(wrong)}};
            std::shared_ptr<ActiveRequest> request = ticket.request();
            start_handling(
                executor,
                std::move(request),
                serve(function_, std::move(arguments), std::move(ticket))
            );
        } catch (...) {
            ticket.fail();
        }
    }

    [[nodiscard]] RunOn run_on() const override { return options_.run; }

    [[nodiscard]] std::size_t max_in_flight() const override { return options_.max_in_flight; }

    [[nodiscard]] StreamSides stream() const override { return kSides<Shape>; }

    [[nodiscard]] std::string signature() const override {
        using Answer = std::conditional_t<std::is_void_v<Down>, Value, Stream<Down>>;
        if constexpr (std::is_void_v<Up>)
            return codec::signature_name<Answer, Args...>();
        else
            return codec::signature_name<Answer, Args..., Stream<Up>>();
    }

private:
    static HandlerCoroutine serve(F& function, Arguments arguments, ReplyTicket ticket) {
        try {
            if (auto why = ticket.request()->why_not_begin()) {
                ticket.send(std::move(*why), codec::Buffer{});
                co_return;
            }
            const StreamPipePtr pipe = ticket.request()->stream();
            Context& context = ticket.request()->context();
            codec::Buffer out;
            Result<void> ended{};
            All all = std::tuple_cat(std::move(arguments), stream_ends<Up, Written>(pipe));
            if constexpr (kIsGenerator) {
                auto made = invoke_handler<kTakesContext>(function, context, all);
                auto writing = write_all(pipe, made);
                ended = co_await std::move(writing);
                codec::pack_nil(out);
            } else if constexpr (!Awaited::is_coroutine) {
                ended = pack_produced(out, [&]() -> decltype(auto) {
                    return invoke_handler<kTakesContext>(function, context, all);
                });
            } else {
                // On a line of its own: docs/hacking.md.
                auto handled = invoke_handler<kTakesContext>(function, context, all);
                if constexpr (std::is_void_v<typename Awaited::type>) {
                    co_await std::move(handled);
                    codec::pack_nil(out);
                } else {
                    const auto returned = co_await std::move(handled);
                    ended = pack_returned(out, returned);
                }
            }
            ticket.send(std::move(ended), std::move(out));
        } catch (...) {
            ticket.fail();
        }
    }

    // Pulls the next item when there is room for it.
    template <class Made>
    static asio::awaitable<Result<void>> write_all(StreamPipePtr pipe, Made& made) {
        if constexpr (kIsResult<Made>) {
            if (!made) co_return Error{made.error()};
        }
        for (auto&& each : range_of(made)) {
            const Down& item = each;
            auto writing = async_write_item<Down>(pipe, item);
            Result<void> written = co_await std::move(writing);
            if (!written) co_return Error{written.error()};
        }
        co_return Result<void>{};
    }

    F function_;
    HandlerOptions options_;
};

// Whether F returns a range of T (or a Result of one) when it is called with these.
template <class T, class F, class... Args>
concept GeneratorOf = requires {
    requires std::ranges::input_range<
        typename UnwrappedResult<std::invoke_result_t<F&, Args...>>::type>;
    requires std::is_convertible_v <
        std::ranges::range_reference_t<
            typename UnwrappedResult<std::invoke_result_t<F&, Args...>>::type>,
    const T& > ;
};

template <class F, class Arguments, class Up, class Down, bool kTakesContext, bool kIsGenerator>
[[nodiscard]] std::unique_ptr<Handler> new_stream_handler(F function, HandlerOptions options) {
    using Made = StreamHandler<F, Arguments, Up, Down, kTakesContext, kIsGenerator>;
    return std::make_unique<Made>(std::move(function), options);
}

// The ends that a contract's handler is given, as a pack to try it with.
template <class... Args>
struct Tried {
    template <class F>
    static constexpr bool kPlain = std::is_invocable_v<F&, Args...>;
    template <class F>
    static constexpr bool kWithContext = std::is_invocable_v<F&, Context&, Args...>;
};

template <class Tuple>
struct TriedTuple;

template <class... Args>
struct TriedTuple<std::tuple<Args...>> : Tried<Args...> {};

template <class Arguments, class Up, class Down>
using TriedWith = TriedTuple<
    decltype(std::tuple_cat(std::declval<Arguments>(), stream_ends<Up, Down>(StreamPipePtr{})))>;

template <class Shape, class F, class... Args>
[[nodiscard]] std::unique_ptr<Handler> make_contract_stream(
    std::tuple<Args...>*, F function, HandlerOptions options
) {
    using Down = typename Shape::Down;
    using Up = typename Shape::Up;
    using Arguments = std::tuple<Args...>;
    using WithEnds = TriedWith<Arguments, Up, Down>;
    constexpr bool kWrites = WithEnds::template kPlain<F> || WithEnds::template kWithContext<F>;
    if constexpr (kWrites) {
        constexpr bool kTakesContext = !WithEnds::template kPlain<F>;
        return new_stream_handler<F, Arguments, Up, Down, kTakesContext, false>(
            std::move(function), options
        );
    } else if constexpr (std::is_void_v<Up> && GeneratorOf<Down, F, Args...>) {
        return new_stream_handler<F, Arguments, Up, Down, false, true>(
            std::move(function), options
        );
    } else {
        constexpr bool kGenerates = std::is_void_v<Up> && GeneratorOf<Down, F, Context&, Args...>;
        static_assert(
            kGenerates,
            "the handler of a stream takes the arguments of the method, then a StreamReader if "
            "items come to it and a StreamWriter if items go out; or it returns a range of items"
        );
        return new_stream_handler<F, Arguments, Up, Down, true, true>(std::move(function), options);
    }
}

}  // namespace detail
}  // namespace rollcall::rpc
