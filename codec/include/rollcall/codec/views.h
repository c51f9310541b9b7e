#pragma once
// Which types refer to the bytes that they were unpacked from.

#include <rollcall/codec/members.h>
#include <rollcall/codec/raw.h>

#include <array>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace rollcall::codec {
namespace detail {

template <class T>
inline constexpr bool kIsViewItself =
    std::is_same_v<T, std::string_view> || std::is_same_v<T, RawView> ||
    std::is_same_v<T, msgpack::type::raw_ref> || std::is_same_v<T, msgpack::type::ext_ref>;
template <class T, std::size_t Extent>
inline constexpr bool kIsViewItself<std::span<T, Extent>> = true;

// std::tuple of what a container holds.
template <class T>
struct Contents {
    using Types = std::tuple<>;
};

template <class T, class A>
struct Contents<std::vector<T, A>> {
    using Types = std::tuple<T>;
};

template <class T, class A>
struct Contents<std::deque<T, A>> {
    using Types = std::tuple<T>;
};

template <class T, class A>
struct Contents<std::list<T, A>> {
    using Types = std::tuple<T>;
};

template <class T, class C, class A>
struct Contents<std::set<T, C, A>> {
    using Types = std::tuple<T>;
};

template <class T, class H, class E, class A>
struct Contents<std::unordered_set<T, H, E, A>> {
    using Types = std::tuple<T>;
};

template <class T>
struct Contents<std::optional<T>> {
    using Types = std::tuple<T>;
};

template <class T, std::size_t N>
struct Contents<std::array<T, N>> {
    using Types = std::tuple<T>;
};

template <class K, class V, class C, class A>
struct Contents<std::map<K, V, C, A>> {
    using Types = std::tuple<K, V>;
};

template <class K, class V, class H, class E, class A>
struct Contents<std::unordered_map<K, V, H, E, A>> {
    using Types = std::tuple<K, V>;
};

template <class A, class B>
struct Contents<std::pair<A, B>> {
    using Types = std::tuple<A, B>;
};

template <class... Ts>
struct Contents<std::tuple<Ts...>> {
    using Types = std::tuple<Ts...>;
};

template <class... Ts>
struct Contents<std::variant<Ts...>> {
    using Types = std::tuple<Ts...>;
};

template <Aggregate T>
struct Contents<T> {
    using Types = MemberTypes<T>;
};

template <class Types>
struct ViewSearch;

// Around are the types whose contents are being searched: a tree's nodes hold nodes.
template <class T, class... Around>
constexpr bool holds_view() {
    if constexpr (kIsViewItself<T>) {
        return true;
    } else if constexpr ((std::is_same_v<T, Around> || ...)) {
        return false;
    } else {
        return ViewSearch<typename Contents<T>::Types>::template find<T, Around...>();
    }
}

template <class... Ts>
struct ViewSearch<std::tuple<Ts...>> {
    template <class... Around>
    static constexpr bool find() {
        return (holds_view<std::remove_cv_t<Ts>, Around...>() || ...);
    }
};

}  // namespace detail

// True if a T, or something inside it, is a view of the message's bytes. Aggregates are searched;
// members of types that go through msgpack-c cannot be seen from here.
template <class T>
inline constexpr bool is_view = detail::holds_view<std::remove_cvref_t<T>>();

}  // namespace rollcall::codec
