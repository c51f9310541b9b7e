#pragma once
// Names of types in error texts and in introspection: "int", "vector<string>".

#include <rollcall/codec/kinds.h>
#include <rollcall/codec/raw.h>
#include <rollcall/codec/timestamp.h>

#include <array>
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
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace rollcall::codec {

// The demangled name of a type, with its namespaces.
[[nodiscard]] std::string demangled_name(const std::type_info& type);
// The same without namespaces and template arguments.
[[nodiscard]] std::string short_name(const std::type_info& type);
// "milliseconds"; "duration<int,1/60>" for units that have no name, or ticks that are `ticks` and
// no integers.
[[nodiscard]] std::string duration_name(
    std::intmax_t num, std::intmax_t den, const std::string& ticks
);

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

// "<int,string>" of a template's arguments, empty for what is none.
template <class T>
struct TemplateArguments {
    static std::string get() { return {}; }
};

template <template <class...> class Template, class... Ts>
struct TemplateArguments<Template<Ts...>> {
    static std::string get() { return "<" + join_names<Ts...>() + ">"; }
};

// Aggregates and enums that travel without macros.
template <class T>

requires(Aggregate<T> || Enumeration<T>) struct TypeName<T> {
    static std::string get() { return short_name(typeid(T)) + TemplateArguments<T>::get(); }
};

template <DurationType T>
struct TypeName<T> {
    static std::string get() {
        using Rep = typename T::rep;
        const std::string ticks = std::is_integral_v<Rep> ? "" : TypeName<Rep>::get();
        return duration_name(T::period::num, T::period::den, ticks);
    }
};

template <VariantType T>
struct TypeName<T> {
    static std::string get() { return "variant" + TemplateArguments<T>::get(); }
};

template <PathType T>
struct TypeName<T> {
    static std::string get() { return "path"; }
};

template <class T>
struct TypeName<std::vector<T>> {
    static std::string get() {
        if constexpr (kIsByte<T>)
            return "bytes";
        else
            return "vector<" + join_names<T>() + ">";
    }
};

template <class T, std::size_t N>
struct TypeName<std::array<T, N>> {
    static std::string get() { return "array<" + join_names<T>() + "," + std::to_string(N) + ">"; }
};

template <class T, std::size_t Extent>
struct TypeName<std::span<T, Extent>> {
    static std::string get() {
        return kIsByte<std::remove_const_t<T>> ? "bytes" : "vector<" + join_names<T>() + ">";
    }
};

template <class T, class A>
struct TypeName<std::deque<T, A>> {
    static std::string get() { return "deque<" + join_names<T>() + ">"; }
};

template <class T, class A>
struct TypeName<std::list<T, A>> {
    static std::string get() { return "list<" + join_names<T>() + ">"; }
};

template <class T, class C, class A>
struct TypeName<std::set<T, C, A>> {
    static std::string get() { return "set<" + join_names<T>() + ">"; }
};

template <class T, class H, class E, class A>
struct TypeName<std::unordered_set<T, H, E, A>> {
    static std::string get() { return "set<" + join_names<T>() + ">"; }
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
