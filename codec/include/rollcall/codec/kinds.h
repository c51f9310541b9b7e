#pragma once
// Which way a type travels, where that is not plain from its name: as its own members (an aggregate
// without macros), as a number (enums, durations), or through msgpack-c, which always wins if it
// knows the type.

#include <rollcall/codec/buffer.h>

#include <msgpack.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace rollcall::codec::detail {

template <class T>
inline constexpr bool kIsByte =
    std::is_same_v<T, char> || std::is_same_v<T, unsigned char> || std::is_same_v<T, std::byte>;

template <class T>
concept Text =
    std::convertible_to<const T&, std::string_view> && !std::is_same_v<T, std::nullptr_t>;

// MSGPACK_DEFINE and its kin, or the same written by hand. One of the two is enough: the other may
// never be needed.
template <class T>
concept KnowsMsgpack = requires(T& value, const msgpack::object& object) {
    value.msgpack_unpack(object.convert());
}

|| requires(const T& value, msgpack::packer<Buffer>& packer) {
    value.msgpack_pack(packer);
};

template <class T>
inline constexpr bool kIsDuration = false;
template <class Rep, class Period>
inline constexpr bool kIsDuration<std::chrono::duration<Rep, Period>> = true;

template <class T>
inline constexpr bool kIsVariant = false;
template <class... Ts>
inline constexpr bool kIsVariant<std::variant<Ts...>> = true;

// std::filesystem::path, by what it can do: its header is a heavy one.
template <class T>
concept PathLike = requires(const T& path) {
    { path.generic_string() } -> std::same_as<std::string>;
    { path.lexically_normal() } -> std::same_as<T>;
};

// Unions are among them, to be refused with a sentence.
template <class T>
inline constexpr bool kIsAggregate =
    std::is_aggregate_v<T> && !std::is_array_v<T> && !std::is_same_v<T, std::monostate>;

template <class T>
inline constexpr bool kMayBePlain =
    kIsAggregate<T> || std::is_enum_v<T> || kIsDuration<T> || kIsVariant<T> || PathLike<T>;

// What travels our way unless msgpack-c has an adaptor for it.
template <class T>
concept NeedsNoMacro = kMayBePlain<T> && !KnowsMsgpack<T> && !Text<T>;

// False: what is below is only compiled if msgpack-c meets such a type inside one of its own.
template <class T>
inline constexpr bool kMayBeInside = false;

}  // namespace rollcall::codec::detail

// msgpack-c does not tell whether an adaptor exists for a type. So its adaptors for types that need
// none are these, less specialised than any that a user writes for them, with a mark to be found.
namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(v1) {
    namespace adaptor {

    template <class T>
    requires rollcall::codec::detail::NeedsNoMacro<T>

    struct convert<T, void> {
        using RollcallMark = T;

        const msgpack::object& operator()(const msgpack::object& from, T&) const {
            static_assert(
                rollcall::codec::detail::kMayBeInside<T>,
                "a plain struct or enum is inside of a type that goes through msgpack-c (it has "
                "MSGPACK_DEFINE, or is a container that docs/contracts.md does not list): give it "
                "MSGPACK_DEFINE or MSGPACK_ADD_ENUM"
            );
            return from;
        }
    };

    template <class T>
    requires rollcall::codec::detail::NeedsNoMacro<T>

    struct pack<T, void> {
        using RollcallMark = T;

        template <class Stream>
        packer<Stream>& operator()(packer<Stream>& out, const T&) const {
            static_assert(
                rollcall::codec::detail::kMayBeInside<T>,
                "a plain struct or enum is inside of a type that goes through msgpack-c (it has "
                "MSGPACK_DEFINE, or is a container that docs/contracts.md does not list): give it "
                "MSGPACK_DEFINE or MSGPACK_ADD_ENUM"
            );
            return out;
        }
    };

    }  // namespace adaptor
}
}  // namespace msgpack

namespace rollcall::codec::detail {

template <class Adaptor, class T>
concept Marked = std::same_as<typename Adaptor::RollcallMark, T>;

// Travels our way: there is no adaptor for either direction.
template <class T>
concept Plain = NeedsNoMacro<T> && Marked<msgpack::adaptor::convert<T>, T> &&
    Marked<msgpack::adaptor::pack<T>, T>;

template <class T>
concept Enumeration = std::is_enum_v<T> && Plain<T>;

template <class T>
concept DurationType = kIsDuration<T> && Plain<T>;

template <class T>
concept VariantType = kIsVariant<T> && Plain<T>;

template <class T>
concept PathType = PathLike<T> && Plain<T>;

template <class T>
concept Aggregate = kIsAggregate<T> && !PathLike<T> && Plain<T>;

}  // namespace rollcall::codec::detail
