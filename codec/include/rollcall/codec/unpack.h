#pragma once
// MessagePack bytes -> C++ values, straight from the bytes of a scanned message.

#include <rollcall/codec/mismatch.h>
#include <rollcall/codec/pack.h>
#include <rollcall/codec/reader.h>
#include <rollcall/codec/type_name.h>
#include <rollcall/codec/user_types.h>
#include <rollcall/codec/views.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>

namespace rollcall::codec {

namespace detail {

template <class T>
struct Unpacker;

template <class T>
[[nodiscard]] bool mismatch(const Reader& reader, Mismatch& why) {
    return why.set(type_name<T>(), reader.describe());
}

}  // namespace detail

// Reads one value into `to`. Integers are range-checked; floats take the integers that they can
// hold, and a float takes doubles of its range, rounded; text takes str and bin. False with the
// reason in `why` if it does not fit; `to` is then unspecified.
template <class T>
[[nodiscard]] bool unpack(Reader& reader, T& to, Mismatch& why) {
    return detail::Unpacker<T>::unpack(reader, to, why);
}

namespace detail {

template <class T>
[[nodiscard]] bool unpack_integer(Reader& reader, T& to) {
    if constexpr (std::is_signed_v<T>) {
        const Reader before = reader;
        const auto value = reader.read_signed();
        if (value && *value >= std::numeric_limits<T>::min() &&
            *value <= std::numeric_limits<T>::max()) {
            to = static_cast<T>(*value);
            return true;
        }
        reader = before;
    } else {
        const Reader before = reader;
        const auto value = reader.read_unsigned();
        if (value && *value <= std::numeric_limits<T>::max()) {
            to = static_cast<T>(*value);
            return true;
        }
        reader = before;
    }
    return false;
}

template <class T>
[[nodiscard]] bool unpack_floating(Reader& reader, T& to) {
    const Reader before = reader;
    bool fits = false;
    if (const auto value = reader.read_unsigned()) {
        to = static_cast<T>(*value);
        // 2^64 - 1 is rounded up, and back it would be undefined.
        fits = to < T{0x1p64} && static_cast<std::uint64_t>(to) == *value;
    } else if (const auto negative = reader.read_signed()) {
        to = static_cast<T>(*negative);
        fits = static_cast<std::int64_t>(to) == *negative;
    } else if (const auto number = reader.read_double()) {
        constexpr double kMost = std::numeric_limits<T>::max();
        fits = !std::isfinite(*number) || std::abs(*number) <= kMost;
        if (fits) to = static_cast<T>(*number);
    }
    if (!fits) reader = before;
    return fits;
}

template <class T>
[[nodiscard]] bool unpack_user_type(Reader& reader, T& to, Mismatch& why) {
    const Reader before = reader;
    try {
        convert_user_type(reader.skip(), to);
        return true;
    } catch (const msgpack::type_error&) {
    } catch (const std::exception& error) {  // of the limits, or of the type's own conversion
        reader = before;
        return why.set(type_name<T>(), error.what());
    }
    reader = before;
    return mismatch<T>(reader, why);
}

template <class T>
inline constexpr bool kIsString =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;

template <class T>
struct Unpacker {
    [[nodiscard]] static bool unpack(Reader& reader, T& to, Mismatch& why) {
        if constexpr (std::is_same_v<T, bool>) {
            const auto value = reader.read_bool();
            if (!value) return mismatch<T>(reader, why);
            to = *value;
        } else if constexpr (std::is_integral_v<T>) {
            return unpack_integer(reader, to) || mismatch<T>(reader, why);
        } else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
            return unpack_floating(reader, to) || mismatch<T>(reader, why);
        } else if constexpr (kIsString<T>) {
            const auto value = reader.read_text();
            if (!value) return mismatch<T>(reader, why);
            to = T{*value};
        } else if constexpr (std::is_same_v<T, Raw>) {
            to = Raw{std::string{reader.skip()}};
        } else if constexpr (std::is_same_v<T, RawView>) {
            to = RawView{reader.skip()};
        } else if constexpr (std::is_same_v<T, std::monostate>) {
            return reader.read_nil() || mismatch<T>(reader, why);
        } else {
            static_assert(
                !std::is_pointer_v<T>,
                "a pointer owns nothing to unpack into: take a std::string, std::optional or "
                "std::vector"
            );
            return unpack_user_type(reader, to, why);
        }
        return true;
    }
};

// Bytes that are reserved for elements before the first of them has been read.
inline constexpr std::size_t kMaxReserved = std::size_t{32} << 10U;

template <class T, class A>
struct Unpacker<std::vector<T, A>> {
    [[nodiscard]] static bool unpack(Reader& reader, std::vector<T, A>& to, Mismatch& why) {
        to.clear();
        if constexpr (kIsByte<T>) {
            const auto bytes = reader.read_text();
            if (!bytes) return mismatch<std::vector<T, A>>(reader, why);
            const auto* begin = reinterpret_cast<const T*>(bytes->data());
            to.assign(begin, begin + bytes->size());
            return true;
        } else {
            const auto count = reader.read_array();
            if (!count) return mismatch<std::vector<T, A>>(reader, why);
            // Beyond this, memory grows with the elements that fit the type.
            to.reserve(
                std::min<std::size_t>(*count, std::max<std::size_t>(1, kMaxReserved / sizeof(T)))
            );
            for (std::uint32_t i = 0; i < *count; ++i) {
                T element{};
                if (!codec::unpack(reader, element, why)) return false;
                to.push_back(std::move(element));
            }
            return true;
        }
    }
};

template <class T, std::size_t N>
struct Unpacker<std::array<T, N>> {
    [[nodiscard]] static bool unpack(Reader& reader, std::array<T, N>& to, Mismatch& why) {
        const Reader before = reader;
        const auto count = reader.read_array();
        if (!count || *count != N) return mismatch<std::array<T, N>>(before, why);
        return std::all_of(to.begin(), to.end(), [&](T& element) {
            return codec::unpack(reader, element, why);
        });
    }
};

template <class Ticks>
struct Unpacker<SystemTime<Ticks>> {
    [[nodiscard]] static bool unpack(Reader& reader, SystemTime<Ticks>& to, Mismatch& why) {
        const Reader before = reader;
        const auto timestamp = read_timestamp(reader.skip());
        if (timestamp && from_timestamp(*timestamp, to)) return true;
        reader = before;
        return mismatch<SystemTime<Ticks>>(reader, why);
    }
};

template <class T>
struct Unpacker<std::optional<T>> {
    [[nodiscard]] static bool unpack(Reader& reader, std::optional<T>& to, Mismatch& why) {
        to.reset();
        return reader.read_nil() || codec::unpack(reader, to.emplace(), why);
    }
};

template <class Map>
[[nodiscard]] bool unpack_pairs(Reader& reader, Map& to, Mismatch& why) {
    to.clear();
    const auto count = reader.read_map();
    if (!count) return mismatch<Map>(reader, why);
    for (std::uint32_t i = 0; i < *count; ++i) {
        typename Map::key_type key{};
        typename Map::mapped_type value{};
        if (!codec::unpack(reader, key, why) || !codec::unpack(reader, value, why)) return false;
        to.insert_or_assign(std::move(key), std::move(value));
    }
    return true;
}

template <class K, class V, class C, class A>
struct Unpacker<std::map<K, V, C, A>> {
    [[nodiscard]] static bool unpack(Reader& reader, std::map<K, V, C, A>& to, Mismatch& why) {
        return unpack_pairs(reader, to, why);
    }
};

template <class K, class V, class H, class E, class A>
struct Unpacker<std::unordered_map<K, V, H, E, A>> {
    [[nodiscard]] static bool unpack(
        Reader& reader, std::unordered_map<K, V, H, E, A>& to, Mismatch& why
    ) {
        return unpack_pairs(reader, to, why);
    }
};

template <class... Ts>
struct Unpacker<std::tuple<Ts...>> {
    [[nodiscard]] static bool unpack(Reader& reader, std::tuple<Ts...>& to, Mismatch& why) {
        const Reader before = reader;
        const auto count = reader.read_array();
        if (!count || *count != sizeof...(Ts)) return mismatch<std::tuple<Ts...>>(before, why);
        return std::apply(
            [&](Ts&... elements) { return (codec::unpack(reader, elements, why) && ...); }, to
        );
    }
};

template <class A, class B>
struct Unpacker<std::pair<A, B>> {
    [[nodiscard]] static bool unpack(Reader& reader, std::pair<A, B>& to, Mismatch& why) {
        const Reader before = reader;
        const auto count = reader.read_array();
        if (!count || *count != 2) return mismatch<std::pair<A, B>>(before, why);
        return codec::unpack(reader, to.first, why) && codec::unpack(reader, to.second, why);
    }
};

}  // namespace detail

}  // namespace rollcall::codec

#include <rollcall/codec/unpack_types.h>  // the rest of what unpack() can read
