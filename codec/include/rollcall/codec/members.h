#pragma once
// The members of an aggregate, found by the compiler: how many there are, of which types, and a way
// to call a function with all of them.

#include <rollcall/codec/kinds.h>

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace rollcall::codec {

// The most members that an aggregate may have to travel without macros.
inline constexpr std::size_t kMaxMembers = 64;

namespace detail {

// Initialises any member of a Whole, but not a Whole itself: that would be a copy.
template <class Whole>
struct AnyMember {
    template <class M>
    requires(!std::is_same_v<std::remove_cv_t<M>, Whole>)
    // NOLINTNEXTLINE(google-explicit-constructor): it is for implicit conversions
    operator M() const noexcept;
};

// Initialises base classes of a Whole only.
template <class Whole>
struct AnyBase {
    template <class M>
    requires(!std::is_same_v<std::remove_cv_t<M>, Whole> && std::is_base_of_v<M, Whole>)
    // NOLINTNEXTLINE(google-explicit-constructor): it is for implicit conversions
    operator M() const noexcept;
};

// Initialises only what takes everything, as std::any does.
struct NoMember {};

template <class Whole, std::size_t>
using AnyMemberAt = AnyMember<Whole>;

// Parentheses do not reach into arrays as braces do.
template <class T, std::size_t... I>
constexpr bool takes_in_parentheses(std::index_sequence<I...>) {
    return std::is_constructible_v<T, AnyMemberAt<T, I>...>;
}

template <class T, std::size_t... I>
constexpr bool takes_in_braces(std::index_sequence<I...>) {
    return requires {
        T{AnyMemberAt<T, I>{}...};
    };
}

template <class T, class First, std::size_t... I>
constexpr bool begins_with(std::index_sequence<0, I...>) {
    return std::is_constructible_v<T, First, AnyMemberAt<T, I>...>;
}

inline constexpr std::size_t kNoCount = static_cast<std::size_t>(-1);

// The most initialisers that a T takes. Too few may not do either, if a member has no default.
template <class T, std::size_t N = 0, bool Began = false>
constexpr std::size_t count_initialisers() {
    constexpr bool kTakes = takes_in_parentheses<T>(std::make_index_sequence<N>{});
    if constexpr (!kTakes && Began) {
        return N - 1;
    } else if constexpr (N > kMaxMembers) {
        return kTakes ? N : kNoCount;
    } else {
        return count_initialisers<T, N + 1, kTakes>();
    }
}

template <class T>
constexpr bool has_base() {
    constexpr std::size_t kCount = count_initialisers<T>();
    if constexpr (kCount == 0 || kCount > kMaxMembers) {
        return false;
    } else {
        using Positions = std::make_index_sequence<kCount>;
        return begins_with<T, AnyBase<T>>(Positions{}) && !begins_with<T, NoMember>(Positions{});
    }
}

template <class T>
constexpr bool has_array() {
    constexpr std::size_t kCount = count_initialisers<T>();
    if constexpr (kCount > kMaxMembers) {
        return false;
    } else {
        return takes_in_braces<T>(std::make_index_sequence<kCount + 1>{});
    }
}

// The number of members of an aggregate, 0 where a sentence says why it cannot travel.
template <class T>
constexpr std::size_t count_members() {
    constexpr std::size_t kCount = count_initialisers<T>();
    constexpr bool kIsUnion = std::is_union_v<T>;
    constexpr bool kHasArray = !kIsUnion && has_array<T>();
    constexpr bool kHasBase = !kIsUnion && !kHasArray && has_base<T>();
    static_assert(
        !kIsUnion,
        "a union cannot travel: nobody knows which member it holds; take a "
        "std::variant"
    );
    static_assert(
        !kHasArray,
        "an aggregate with a C array as a member cannot travel: take a "
        "std::array, or give it MSGPACK_DEFINE"
    );
    static_assert(
        !kHasBase,
        "an aggregate with a base class cannot travel: make the base a member, "
        "or give it MSGPACK_DEFINE"
    );
    static_assert(
        kIsUnion || kHasArray || kCount == kNoCount || kCount <= kMaxMembers,
        "an aggregate of more than 64 members cannot travel: group them in aggregates, or "
        "give it MSGPACK_DEFINE"
    );
    static_assert(
        kIsUnion || kHasArray || kCount != kNoCount,
        "the members of this aggregate cannot be counted (is one of them a C array of what has no "
        "default?): give it MSGPACK_DEFINE"
    );
    return kIsUnion || kHasArray || kHasBase || kCount > kMaxMembers ? 0 : kCount;
}

template <class T>
inline constexpr std::size_t kMemberCount = count_members<T>();

// Calls a function with references to the members of an aggregate that has Count of them.
template <std::size_t Count>
struct MemberVisitor;

template <>
struct MemberVisitor<0> {
    template <class T, class Use>
    static constexpr decltype(auto) visit(T&, Use&& use) {
        return use();
    }
};

// clang-format off
#define ROLLCALL_MEMBERS(count, ...)                                  \
    template <>                                                       \
    struct MemberVisitor<count> {                                     \
        template <class T, class Use>                                 \
        static constexpr decltype(auto) visit(T& value, Use&& use) {  \
            auto& [__VA_ARGS__] = value;                              \
            return use(__VA_ARGS__);                                  \
        }                                                             \
    };
#define ROLLCALL_8 m1, m2, m3, m4, m5, m6, m7, m8
#define ROLLCALL_16 ROLLCALL_8, m9, m10, m11, m12, m13, m14, m15, m16
#define ROLLCALL_24 ROLLCALL_16, m17, m18, m19, m20, m21, m22, m23, m24
#define ROLLCALL_32 ROLLCALL_24, m25, m26, m27, m28, m29, m30, m31, m32
#define ROLLCALL_40 ROLLCALL_32, m33, m34, m35, m36, m37, m38, m39, m40
#define ROLLCALL_48 ROLLCALL_40, m41, m42, m43, m44, m45, m46, m47, m48
#define ROLLCALL_56 ROLLCALL_48, m49, m50, m51, m52, m53, m54, m55, m56
#define ROLLCALL_64 ROLLCALL_56, m57, m58, m59, m60, m61, m62, m63, m64
ROLLCALL_MEMBERS(1, m1)
ROLLCALL_MEMBERS(2, m1, m2)
ROLLCALL_MEMBERS(3, m1, m2, m3)
ROLLCALL_MEMBERS(4, m1, m2, m3, m4)
ROLLCALL_MEMBERS(5, m1, m2, m3, m4, m5)
ROLLCALL_MEMBERS(6, m1, m2, m3, m4, m5, m6)
ROLLCALL_MEMBERS(7, m1, m2, m3, m4, m5, m6, m7)
ROLLCALL_MEMBERS(8, ROLLCALL_8)
ROLLCALL_MEMBERS(9, ROLLCALL_8, m9)
ROLLCALL_MEMBERS(10, ROLLCALL_8, m9, m10)
ROLLCALL_MEMBERS(11, ROLLCALL_8, m9, m10, m11)
ROLLCALL_MEMBERS(12, ROLLCALL_8, m9, m10, m11, m12)
ROLLCALL_MEMBERS(13, ROLLCALL_8, m9, m10, m11, m12, m13)
ROLLCALL_MEMBERS(14, ROLLCALL_8, m9, m10, m11, m12, m13, m14)
ROLLCALL_MEMBERS(15, ROLLCALL_8, m9, m10, m11, m12, m13, m14, m15)
ROLLCALL_MEMBERS(16, ROLLCALL_16)
ROLLCALL_MEMBERS(17, ROLLCALL_16, m17)
ROLLCALL_MEMBERS(18, ROLLCALL_16, m17, m18)
ROLLCALL_MEMBERS(19, ROLLCALL_16, m17, m18, m19)
ROLLCALL_MEMBERS(20, ROLLCALL_16, m17, m18, m19, m20)
ROLLCALL_MEMBERS(21, ROLLCALL_16, m17, m18, m19, m20, m21)
ROLLCALL_MEMBERS(22, ROLLCALL_16, m17, m18, m19, m20, m21, m22)
ROLLCALL_MEMBERS(23, ROLLCALL_16, m17, m18, m19, m20, m21, m22, m23)
ROLLCALL_MEMBERS(24, ROLLCALL_24)
ROLLCALL_MEMBERS(25, ROLLCALL_24, m25)
ROLLCALL_MEMBERS(26, ROLLCALL_24, m25, m26)
ROLLCALL_MEMBERS(27, ROLLCALL_24, m25, m26, m27)
ROLLCALL_MEMBERS(28, ROLLCALL_24, m25, m26, m27, m28)
ROLLCALL_MEMBERS(29, ROLLCALL_24, m25, m26, m27, m28, m29)
ROLLCALL_MEMBERS(30, ROLLCALL_24, m25, m26, m27, m28, m29, m30)
ROLLCALL_MEMBERS(31, ROLLCALL_24, m25, m26, m27, m28, m29, m30, m31)
ROLLCALL_MEMBERS(32, ROLLCALL_32)
ROLLCALL_MEMBERS(33, ROLLCALL_32, m33)
ROLLCALL_MEMBERS(34, ROLLCALL_32, m33, m34)
ROLLCALL_MEMBERS(35, ROLLCALL_32, m33, m34, m35)
ROLLCALL_MEMBERS(36, ROLLCALL_32, m33, m34, m35, m36)
ROLLCALL_MEMBERS(37, ROLLCALL_32, m33, m34, m35, m36, m37)
ROLLCALL_MEMBERS(38, ROLLCALL_32, m33, m34, m35, m36, m37, m38)
ROLLCALL_MEMBERS(39, ROLLCALL_32, m33, m34, m35, m36, m37, m38, m39)
ROLLCALL_MEMBERS(40, ROLLCALL_40)
ROLLCALL_MEMBERS(41, ROLLCALL_40, m41)
ROLLCALL_MEMBERS(42, ROLLCALL_40, m41, m42)
ROLLCALL_MEMBERS(43, ROLLCALL_40, m41, m42, m43)
ROLLCALL_MEMBERS(44, ROLLCALL_40, m41, m42, m43, m44)
ROLLCALL_MEMBERS(45, ROLLCALL_40, m41, m42, m43, m44, m45)
ROLLCALL_MEMBERS(46, ROLLCALL_40, m41, m42, m43, m44, m45, m46)
ROLLCALL_MEMBERS(47, ROLLCALL_40, m41, m42, m43, m44, m45, m46, m47)
ROLLCALL_MEMBERS(48, ROLLCALL_48)
ROLLCALL_MEMBERS(49, ROLLCALL_48, m49)
ROLLCALL_MEMBERS(50, ROLLCALL_48, m49, m50)
ROLLCALL_MEMBERS(51, ROLLCALL_48, m49, m50, m51)
ROLLCALL_MEMBERS(52, ROLLCALL_48, m49, m50, m51, m52)
ROLLCALL_MEMBERS(53, ROLLCALL_48, m49, m50, m51, m52, m53)
ROLLCALL_MEMBERS(54, ROLLCALL_48, m49, m50, m51, m52, m53, m54)
ROLLCALL_MEMBERS(55, ROLLCALL_48, m49, m50, m51, m52, m53, m54, m55)
ROLLCALL_MEMBERS(56, ROLLCALL_56)
ROLLCALL_MEMBERS(57, ROLLCALL_56, m57)
ROLLCALL_MEMBERS(58, ROLLCALL_56, m57, m58)
ROLLCALL_MEMBERS(59, ROLLCALL_56, m57, m58, m59)
ROLLCALL_MEMBERS(60, ROLLCALL_56, m57, m58, m59, m60)
ROLLCALL_MEMBERS(61, ROLLCALL_56, m57, m58, m59, m60, m61)
ROLLCALL_MEMBERS(62, ROLLCALL_56, m57, m58, m59, m60, m61, m62)
ROLLCALL_MEMBERS(63, ROLLCALL_56, m57, m58, m59, m60, m61, m62, m63)
ROLLCALL_MEMBERS(64, ROLLCALL_64)
#undef ROLLCALL_MEMBERS
#undef ROLLCALL_8
#undef ROLLCALL_16
#undef ROLLCALL_24
#undef ROLLCALL_32
#undef ROLLCALL_40
#undef ROLLCALL_48
#undef ROLLCALL_56
#undef ROLLCALL_64

// clang-format on

template <class T, class Use>
constexpr decltype(auto) with_members(T& aggregate, Use&& use) {
    return MemberVisitor<kMemberCount<std::remove_const_t<T>>>::visit(aggregate, use);
}

struct ListTypes {
    template <class... Members>
    std::type_identity<std::tuple<std::remove_const_t<Members>...>> operator()(Members&...) const {
        return {};
    }
};

// std::tuple of the types of an aggregate's members.
template <class T>
using MemberTypes =
    typename decltype(with_members(std::declval<T&>(), std::declval<ListTypes>()))::type;

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// How many of these there are up to the last that is no std::optional.
template <class... Ts>
constexpr std::size_t count_required(const std::tuple<Ts...>*) {
    std::size_t required = 0;
    std::size_t index = 0;
    ((++index, required = kIsOptional<Ts> ? required : index), ...);
    return required;
}

template <class T>
constexpr std::size_t count_required_members() {
    if constexpr (requires { T::rollcall_required; }) {
        static_assert(
            T::rollcall_required <= kMemberCount<T>,
            "rollcall_required is more than the aggregate's number of members"
        );
        return T::rollcall_required;
    } else {
        return count_required(static_cast<const MemberTypes<T>*>(nullptr));
    }
}

// How many members a sender may not leave out.
template <class T>
inline constexpr std::size_t kRequiredMembers = count_required_members<T>();

}  // namespace detail
}  // namespace rollcall::codec
