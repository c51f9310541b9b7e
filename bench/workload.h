#pragma once
// What is measured: the same request and reply, in different patterns of traffic.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace rollcall::bench {

struct Workload {
    std::string_view name;
    std::size_t connections;
    std::size_t in_flight;  // per connection
    std::size_t payload_bytes;
    bool one_core;  // server and client share a processor; otherwise each has its own
    std::string_view what;
};

inline constexpr std::array<Workload, 6> kWorkloads{{
    {"W1", 1, 1, 16, false, "one call at a time"},
    {"W1-one-core", 1, 1, 16, true, "one call at a time, both on one processor"},
    {"W2", 1, 128, 16, false, "128 calls in flight on one connection"},
    {"W3", 64, 1, 16, false, "64 connections, one call at a time on each"},
    {"W3b", 64, 16, 16, false, "64 connections, 16 calls in flight on each"},
    {"W4", 1, 1, std::size_t{1} << 20U, false, "1 MiB payloads, one call at a time"},
}};

[[nodiscard]] constexpr std::optional<Workload> find_workload(std::string_view name) {
    for (const Workload& workload : kWorkloads) {
        if (workload.name == name) return workload;
    }
    return std::nullopt;
}

}  // namespace rollcall::bench
