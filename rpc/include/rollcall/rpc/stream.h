#pragma once
// Streams in contracts:
//
//     Method<Stream<Quote>(std::string)>          feed{"feed"};   // items to the caller
//     Method<int(Stream<int>)>                    sum{"sum"};     // items from the caller
//     Method<Stream<Line>(std::string, Stream<Line>)> chat{"chat"};   // both; the last parameter
//
// Such methods are opened (open_stream.h), not called.

#include <rollcall/codec/type_name.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>

namespace rollcall::rpc {

// Any number of items, one after the other. It stands in signatures only.
template <class T>
class Stream {
public:
    Stream() = delete;
};

// What Invocation names as the result of a method that takes a Stream<Up>.
template <class Up, class R>
class StreamedBy {
public:
    StreamedBy() = delete;
};

// Who sends items on a stream. As it travels.
enum class StreamSides : std::uint8_t {
    none = 0,  // no stream
    down = 1,  // who was asked, to who has opened it
    up = 2,    // who has opened it
    both = 3,
};

namespace detail {

template <class T>
inline constexpr bool kIsStream = false;
template <class T>
inline constexpr bool kIsStream<Stream<T>> = true;

// What the result of an invocation says about its stream: the items down and up, void if there are
// none, and the final result.
template <class R>
struct StreamShape {
    using Down = void;
    using Up = void;
    using Result = R;
};

template <class T>
struct StreamShape<Stream<T>> {
    using Down = T;
    using Up = void;
    using Result = void;
};

template <class U, class R>
struct StreamShape<StreamedBy<U, R>> {
    using Down = typename StreamShape<R>::Down;
    using Up = U;
    using Result = typename StreamShape<R>::Result;
};

template <class Shape>
inline constexpr StreamSides kSides = static_cast<StreamSides>(
    (std::is_void_v<typename Shape::Down> ? 0U : 1U) |
    (std::is_void_v<typename Shape::Up> ? 0U : 2U)
);

template <class R>
inline constexpr bool kIsStreamed = kSides<StreamShape<R>> != StreamSides::none;

// The parameters of a signature without the stream that may stand last.
template <class Done, class... Rest>
struct SplitStream;

template <class... Done>
struct SplitStream<std::tuple<Done...>> {
    static_assert(!(kIsStream<Done> || ...), "a stream is the last parameter of a method");
    using Arguments = std::tuple<Done...>;
    template <class R>
    using Result = R;
};

template <class... Done, class T>
struct SplitStream<std::tuple<Done...>, Stream<T>> {
    static_assert(!(kIsStream<Done> || ...), "a stream is the last parameter of a method");
    using Arguments = std::tuple<Done...>;
    template <class R>
    using Result = StreamedBy<T, R>;
};

template <class... Done, class First, class... Rest>
struct SplitStream<std::tuple<Done...>, First, Rest...>
    : SplitStream<std::tuple<Done..., First>, Rest...> {};

template <class... Args>
using SplitArguments = SplitStream<std::tuple<>, std::remove_cvref_t<Args>...>;

}  // namespace detail
}  // namespace rollcall::rpc

template <class T>
struct rollcall::codec::detail::TypeName<rollcall::rpc::Stream<T>> {
    static std::string get() { return "stream<" + join_names<T>() + ">"; }
};
