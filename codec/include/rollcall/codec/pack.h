#pragma once
// C++ values -> MessagePack bytes, written straight into a Buffer.

#include <rollcall/codec/buffer.h>
#include <rollcall/codec/members.h>
#include <rollcall/codec/raw.h>
#include <rollcall/codec/timestamp.h>

#include <msgpack.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace rollcall::codec {

// Each takes the shortest encoding, as the specification asks.
void pack_nil(Buffer& out);
void pack_bool(Buffer& out, bool value);
inline void pack_unsigned(Buffer& out, std::uint64_t value);
inline void pack_signed(Buffer& out, std::int64_t value);
void pack_float(Buffer& out, float value);
void pack_double(Buffer& out, double value);
// These throw std::length_error beyond what MessagePack can count (2^32 - 1).
inline void pack_str(Buffer& out, std::string_view value);
void pack_bin(Buffer& out, std::span<const char> value);
void pack_array_head(Buffer& out, std::size_t elements);
void pack_map_head(Buffer& out, std::size_t pairs);

namespace detail {

template <class T>
struct Packer;

// What is not in one byte, or has a length of its own.
void pack_long_unsigned(Buffer& out, std::uint64_t value);
void pack_negative(Buffer& out, std::int64_t value);
void pack_long_str(Buffer& out, std::string_view value);

}  // namespace detail

// ---- here because every message goes through them several times

inline void pack_unsigned(Buffer& out, std::uint64_t value) {
    if (value > 0x7f) return detail::pack_long_unsigned(out, value);
    out.push_back(static_cast<char>(value));
}

// The bytes of that.
[[nodiscard]] constexpr std::size_t unsigned_size(std::uint64_t value) noexcept {
    if (value <= 0x7f) return 1;
    if (value <= 0xff) return 2;
    if (value <= 0xffff) return 3;
    return value <= 0xffffffff ? 5 : 9;
}

[[nodiscard]] constexpr std::size_t map_head_size(std::size_t pairs) noexcept {
    if (pairs <= 15) return 1;
    return pairs <= 0xffff ? 3 : 5;
}

inline void pack_signed(Buffer& out, std::int64_t value) {
    if (value < 0) return detail::pack_negative(out, value);
    pack_unsigned(out, static_cast<std::uint64_t>(value));
}

inline void pack_str(Buffer& out, std::string_view value) {
    constexpr std::size_t kMaxFixstr = 31;
    const std::size_t size = value.size();
    if (size > kMaxFixstr) return detail::pack_long_str(out, value);
    char* const to = out.room(1 + size);
    *to = static_cast<char>(0xa0U | size);
    if (size > 0) std::memcpy(to + 1, value.data(), size);
    out.add(1 + size);
}

// What docs/contracts.md lists is written here: numbers, text, bytes, times, containers, optional,
// variant, enums and aggregates without macros. Everything else, and all that has MSGPACK_DEFINE or
// an adaptor, goes through msgpack-c.
template <class T>
void pack(Buffer& out, const T& value) {
    detail::Packer<T>::pack(out, value);
}

namespace detail {

template <class T>
struct Packer {
    static void pack(Buffer& out, const T& value) {
        if constexpr (std::is_same_v<T, bool>)
            pack_bool(out, value);
        else if constexpr (std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::monostate>)
            pack_nil(out);
        else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>)
            pack_signed(out, value);
        else if constexpr (std::is_integral_v<T>)
            pack_unsigned(out, value);
        else if constexpr (std::is_same_v<T, float>)
            pack_float(out, value);
        else if constexpr (std::is_same_v<T, double>)
            pack_double(out, value);
        else if constexpr (Text<T>)
            pack_str(out, value);
        else if constexpr (std::is_same_v<T, Raw> || std::is_same_v<T, RawView>)
            out.append(value.bytes());
        else {
            static_assert(
                !std::is_pointer_v<T>,
                "a pointer cannot travel: take a std::optional or a std::vector"
            );
            msgpack::pack(out, value);
        }
    }
};

template <class Range>
void pack_elements(Buffer& out, const Range& range) {
    pack_array_head(out, range.size());
    for (const auto& element : range)
        codec::pack(out, element);
}

template <class Map>
void pack_pairs(Buffer& out, const Map& map) {
    pack_map_head(out, map.size());
    for (const auto& [key, value] : map) {
        codec::pack(out, key);
        codec::pack(out, value);
    }
}

template <class Range>
void pack_bytes(Buffer& out, const Range& range) {
    pack_bin(out, {reinterpret_cast<const char*>(range.data()), range.size()});
}

template <class T, class A>
struct Packer<std::vector<T, A>> {
    static void pack(Buffer& out, const std::vector<T, A>& value) {
        if constexpr (std::is_same_v<T, bool>) {
            pack_array_head(out, value.size());
            for (const bool element : value)
                pack_bool(out, element);
        } else if constexpr (kIsByte<T>) {
            pack_bytes(out, value);
        } else {
            pack_elements(out, value);
        }
    }
};

template <class T, std::size_t N>
struct Packer<std::array<T, N>> {
    static void pack(Buffer& out, const std::array<T, N>& value) { pack_elements(out, value); }
};

template <class T, std::size_t Extent>
struct Packer<std::span<T, Extent>> {
    static void pack(Buffer& out, std::span<T, Extent> value) {
        if constexpr (kIsByte<std::remove_const_t<T>>)
            pack_bytes(out, value);
        else
            pack_elements(out, value);
    }
};

template <class T, class A>
struct Packer<std::deque<T, A>> {
    static void pack(Buffer& out, const std::deque<T, A>& value) { pack_elements(out, value); }
};

template <class T, class A>
struct Packer<std::list<T, A>> {
    static void pack(Buffer& out, const std::list<T, A>& value) { pack_elements(out, value); }
};

template <class T, class C, class A>
struct Packer<std::set<T, C, A>> {
    static void pack(Buffer& out, const std::set<T, C, A>& value) { pack_elements(out, value); }
};

template <class T, class H, class E, class A>
struct Packer<std::unordered_set<T, H, E, A>> {
    static void pack(Buffer& out, const std::unordered_set<T, H, E, A>& value) {
        pack_elements(out, value);
    }
};

template <class Ticks>
struct Packer<SystemTime<Ticks>> {
    static void pack(Buffer& out, SystemTime<Ticks> value) {
        pack_timestamp(out, to_timestamp(value));
    }
};

template <class T>
struct Packer<std::optional<T>> {
    static void pack(Buffer& out, const std::optional<T>& value) {
        value ? codec::pack(out, *value) : pack_nil(out);
    }
};

template <class K, class V, class C, class A>
struct Packer<std::map<K, V, C, A>> {
    static void pack(Buffer& out, const std::map<K, V, C, A>& value) { pack_pairs(out, value); }
};

template <class K, class V, class H, class E, class A>
struct Packer<std::unordered_map<K, V, H, E, A>> {
    static void pack(Buffer& out, const std::unordered_map<K, V, H, E, A>& value) {
        pack_pairs(out, value);
    }
};

template <class A, class B>
struct Packer<std::pair<A, B>> {
    static void pack(Buffer& out, const std::pair<A, B>& value) {
        pack_array_head(out, 2);
        codec::pack(out, value.first);
        codec::pack(out, value.second);
    }
};

template <class... Ts>
struct Packer<std::tuple<Ts...>> {
    static void pack(Buffer& out, const std::tuple<Ts...>& value) {
        pack_array_head(out, sizeof...(Ts));
        std::apply([&out](const auto&... elements) { (codec::pack(out, elements), ...); }, value);
    }
};

template <Enumeration T>
struct Packer<T> {
    static void pack(Buffer& out, T value) {
        codec::pack(out, static_cast<std::underlying_type_t<T>>(value));
    }
};

// The number of ticks; the unit is in the contract.
template <DurationType T>
struct Packer<T> {
    static void pack(Buffer& out, T value) { codec::pack(out, value.count()); }
};

template <PathType T>
struct Packer<T> {
    static void pack(Buffer& out, const T& value) { pack_str(out, value.generic_string()); }
};

// [index, value], the index from 0. Throws std::bad_variant_access if it holds nothing.
template <VariantType T>
struct Packer<T> {
    static void pack(Buffer& out, const T& value) {
        std::visit(
            [&](const auto& held) {
                pack_array_head(out, 2);
                pack_unsigned(out, value.index());
                codec::pack(out, held);
            },
            value
        );
    }
};

// An array of the members in the order of their declaration.
template <Aggregate T>
struct Packer<T> {
    static void pack(Buffer& out, const T& value) {
        pack_array_head(out, kMemberCount<T>);
        with_members(value, [&out](const auto&... members) { (codec::pack(out, members), ...); });
    }
};

}  // namespace detail
}  // namespace rollcall::codec
