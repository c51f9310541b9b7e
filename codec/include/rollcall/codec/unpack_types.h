#pragma once
// The reading of enums, durations, paths, variants, aggregates, sets, lists and spans of bytes.
// Users include unpack.h.

#include <rollcall/codec/members.h>
#include <rollcall/codec/unpack.h>

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace rollcall::codec::detail {

// An enum may say which of its numbers are its values: bool rollcall_valid(Colour), found beside
// it.
template <class T>
concept HasValidity = requires(T value) {
    { rollcall_valid(value) } -> std::convertible_to<bool>;
};

template <Enumeration T>
struct Unpacker<T> {
    using Number = std::underlying_type_t<T>;
    static_assert(
        requires { T{Number{}}; },
        "an enum without a fixed underlying type has no range to check numbers against: write "
        "`enum Colour : int` or `enum class Colour`"
    );

    [[nodiscard]] static bool unpack(Reader& reader, T& to, Mismatch& why) {
        const Reader before = reader;
        Number number{};
        bool fits = codec::unpack(reader, number, why);
        to = static_cast<T>(number);
        if constexpr (HasValidity<T>) fits = fits && rollcall_valid(to);
        return fits || mismatch<T>(before, why);
    }
};

template <DurationType T>
struct Unpacker<T> {
    using Ticks = typename T::rep;
    static_assert(std::is_arithmetic_v<Ticks>, "durations on the wire are numbers of ticks");

    [[nodiscard]] static bool unpack(Reader& reader, T& to, Mismatch& why) {
        Ticks ticks{};
        if (!codec::unpack(reader, ticks, why)) return mismatch<T>(reader, why);
        to = T{ticks};
        return true;
    }
};

template <PathType T>
struct Unpacker<T> {
    [[nodiscard]] static bool unpack(Reader& reader, T& to, Mismatch& why) {
        const auto text = reader.read_text();
        if (!text) return mismatch<T>(reader, why);
        if (text->find('\0') != Bytes::npos) {
            // Whoever opens the path would see another one than whoever checks it.
            return why.set(type_name<T>(), "a string with a zero byte");
        }
        to = T{std::string{*text}};
        return true;
    }
};

template <class T>
[[nodiscard]] bool unpack_held(Reader& reader, T& to, std::uint64_t index, Mismatch& why) {
    const auto read = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
        return codec::unpack(reader, to.template emplace<I>(), why);
    };
    const auto read_the_one = [&]<std::size_t... I>(std::index_sequence<I...>) {
        return ((index == I && read(std::integral_constant<std::size_t, I>{})) || ...);
    };
    if (read_the_one(std::make_index_sequence<std::variant_size_v<T>>{})) return true;
    why.inside(type_name<T>() + ", index " + std::to_string(index));
    return false;
}

template <VariantType T>
struct Unpacker<T> {
    [[nodiscard]] static bool unpack(Reader& reader, T& to, Mismatch& why) {
        const Reader before = reader;
        if (reader.read_array() != 2U) return mismatch<T>(before, why);
        const Reader at_index = reader;
        const auto index = reader.read_unsigned();
        if (index && *index < std::variant_size_v<T>) return unpack_held(reader, to, *index, why);
        why.set("an index below " + std::to_string(std::variant_size_v<T>), at_index.describe());
        why.inside(type_name<T>());
        return false;
    }
};

template <Aggregate T>
struct Unpacker<T> {
    static_assert(
        std::is_default_constructible_v<T>,
        "an aggregate is unpacked into one that was made without arguments: each member needs a "
        "default"
    );

    [[nodiscard]] static bool unpack(Reader& reader, T& to, Mismatch& why) {
        const Reader before = reader;
        const auto count = reader.read_array();
        if (!count) return mismatch<T>(before, why);
        if (*count < kRequiredMembers<T>) return too_few(before, why);
        // What is missing has its default, whatever `to` held.
        if constexpr (kRequiredMembers<T> < kMemberCount<T>) {
            if (*count < kMemberCount<T>) to = T{};
        }
        if (!unpack_members(reader, to, *count, why)) return false;
        for (std::size_t extra = kMemberCount<T>; extra < *count; ++extra)
            static_cast<void>(reader.skip());
        return true;
    }

private:
    [[nodiscard]] static bool unpack_members(
        Reader& reader, T& to, std::uint32_t count, Mismatch& why
    ) {
        std::size_t index = 0;
        const auto unpack_next = [&](auto& member) {
            static_assert(
                !std::is_const_v<std::remove_reference_t<decltype(member)>>,
                "an aggregate with a const member cannot be unpacked into"
            );
            if constexpr (kRequiredMembers<T> < kMemberCount<T>) {
                if (index == count) return true;
            }
            ++index;
            return codec::unpack(reader, member, why);
        };
        const bool fits =
            with_members(to, [&](auto&... members) { return (unpack_next(members) && ...); });
        if (!fits) why.inside(type_name<T>() + ", member " + std::to_string(index));
        return fits;
    }

    [[nodiscard]] static bool too_few(const Reader& reader, Mismatch& why) {
        const std::string least = std::to_string(kRequiredMembers<T>) +
                                  (kRequiredMembers<T> == 1 ? " member" : " members");
        return why.set(type_name<T>() + " of at least " + least, reader.describe());
    }
};

// Sets, lists and deques: equal elements of a set are one.
template <class Container>
[[nodiscard]] bool unpack_into(Reader& reader, Container& to, Mismatch& why) {
    to.clear();
    const auto count = reader.read_array();
    if (!count) return mismatch<Container>(reader, why);
    for (std::uint32_t i = 0; i < *count; ++i) {
        typename Container::value_type element{};
        if (!codec::unpack(reader, element, why)) return false;
        to.insert(to.end(), std::move(element));
    }
    return true;
}

template <class T, class A>
struct Unpacker<std::deque<T, A>> {
    [[nodiscard]] static bool unpack(Reader& reader, std::deque<T, A>& to, Mismatch& why) {
        return unpack_into(reader, to, why);
    }
};

template <class T, class A>
struct Unpacker<std::list<T, A>> {
    [[nodiscard]] static bool unpack(Reader& reader, std::list<T, A>& to, Mismatch& why) {
        return unpack_into(reader, to, why);
    }
};

template <class T, class C, class A>
struct Unpacker<std::set<T, C, A>> {
    [[nodiscard]] static bool unpack(Reader& reader, std::set<T, C, A>& to, Mismatch& why) {
        return unpack_into(reader, to, why);
    }
};

template <class T, class H, class E, class A>
struct Unpacker<std::unordered_set<T, H, E, A>> {
    [[nodiscard]] static bool unpack(
        Reader& reader, std::unordered_set<T, H, E, A>& to, Mismatch& why
    ) {
        return unpack_into(reader, to, why);
    }
};

template <class T, std::size_t Extent>
struct Unpacker<std::span<T, Extent>> {
    static_assert(
        std::is_const_v<T> && kIsByte<std::remove_const_t<T>> && Extent == std::dynamic_extent,
        "only a span of const bytes can point into a message: take a std::vector"
    );

    [[nodiscard]] static bool unpack(Reader& reader, std::span<T, Extent>& to, Mismatch& why) {
        const auto bytes = reader.read_text();
        if (!bytes) return mismatch<std::span<T, Extent>>(reader, why);
        to = {reinterpret_cast<const T*>(bytes->data()), bytes->size()};
        return true;
    }
};

}  // namespace rollcall::codec::detail
