#pragma once
// Names of types in error texts and in introspection: "int", "vector<string>".

#include <rollcall/codec/raw.h>
#include <rollcall/codec/timestamp.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace rollcall::codec {

// The demangled name of a type, with its namespaces.
[[nodiscard]] std::string demangled_name(const std::type_info& type);

namespace detail {

template <class T>
struct TypeName {
    static std::string get() {
        if constexpr (std::is_same_v<T, bool>)
            return "bool";
        else if constexpr (std::is_same_v<T, int>)
            return "int";
        else if constexpr (std::is_integral_v<T>) {
            return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(8 * sizeof(T));
        } else if constexpr (std::is_same_v<T, float>)
            return "float";
        else if constexpr (std::is_same_v<T, double>)
            return "double";
        else if constexpr (std::is_void_v<T>)
            return "void";
        else if constexpr (std::is_same_v<T, std::monostate>)
            return "nil";
        else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>)
            return "string";
        else if constexpr (std::is_same_v<T, Raw> || std::is_same_v<T, RawView>)
            return "any";
        else
            return demangled_name(typeid(T));
    }
};

template <class... Ts>
std::string join_names() {
    std::string text;
    ((text += (text.empty() ? "" : ",") + TypeName<std::remove_cvref_t<Ts>>::get()), ...);
    return text;
}

template <class T>
struct TypeName<std::vector<T>> {
    static std::string get() {
        if constexpr (sizeof(T) == 1 && !std::is_same_v<T, bool>)
            return "bytes";
        else
            return "vector<" + join_names<T>() + ">";
    }
};

template <class T, std::size_t N>
struct TypeName<std::array<T, N>> {
    static std::string get() { return "array<" + join_names<T>() + "," + std::to_string(N) + ">"; }
};

template <>
struct TypeName<std::span<const char>> {
    static std::string get() { return "bytes"; }
};

template <class Ticks>
struct TypeName<SystemTime<Ticks>> {
    static std::string get() { return "timestamp"; }
};

template <class T>
struct TypeName<std::optional<T>> {
    static std::string get() { return "optional<" + join_names<T>() + ">"; }
};

template <class K, class V, class C, class A>
struct TypeName<std::map<K, V, C, A>> {
    static std::string get() { return "map<" + join_names<K, V>() + ">"; }
};

template <class K, class V, class H, class E, class A>
struct TypeName<std::unordered_map<K, V, H, E, A>> {
    static std::string get() { return "map<" + join_names<K, V>() + ">"; }
};

template <class... Ts>
struct TypeName<std::tuple<Ts...>> {
    static std::string get() { return "tuple<" + join_names<Ts...>() + ">"; }
};

template <class A, class B>
struct TypeName<std::pair<A, B>> {
    static std::string get() { return "tuple<" + join_names<A, B>() + ">"; }
};

}  // namespace detail

template <class T>
[[nodiscard]] std::string type_name() {
    return detail::TypeName<std::remove_cvref_t<T>>::get();
}

// "int(int,int)".
template <class R, class... Args>
[[nodiscard]] std::string signature_name() {
    return type_name<R>() + "(" + detail::join_names<Args...>() + ")";
}

}  // namespace rollcall::codec
