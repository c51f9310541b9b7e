#pragma once
// What is measured: the same request and reply, in different patterns of traffic.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace rollcall::bench {

enum class Pattern {
    pipelined,  // `in_flight` calls on each of `connections`, by a contender's fastest means
    threads,    // `in_flight` threads that call and wait
    newcomers,  // `connections` at a time are made, used for one call and closed
};

struct Workload {
    std::string_view name;
    std::size_t connections;
    std::size_t in_flight;  // per connection
    std::size_t payload_bytes;
    bool one_core;  // server and client share a processor; otherwise each has its own
    std::string_view what;
    Pattern pattern = Pattern::pipelined;
};

inline constexpr std::array<Workload, 11> kWorkloads{{
    {"W1", 1, 1, 16, false, "one call at a time"},
    {"W1-one-core", 1, 1, 16, true, "one call at a time, both on one processor"},
    {"W2", 1, 128, 16, false, "128 calls in flight on one connection"},
    {"W3", 64, 1, 16, false, "64 connections, one call at a time on each"},
    {"W3b", 64, 16, 16, false, "64 connections, 16 calls in flight on each"},
    {"W4", 1, 1, std::size_t{1} << 20U, false, "1 MiB payloads, one call at a time"},
    {"W6-1", 1, 1, 16, false, "one thread that calls and waits", Pattern::threads},
    {"W6-4", 1, 4, 16, false, "four threads that call and wait", Pattern::threads},
    {"W6-16", 1, 16, 16, false, "16 threads that call and wait", Pattern::threads},
    {"W9", 1, 1, 16, false, "connect, call, close: one after the other", Pattern::newcomers},
    {"W9-16", 16, 1, 16, false, "connect, call, close: 16 at a time", Pattern::newcomers},
}};

// One of those, or CONNECTIONSxIN_FLIGHTxBYTES, as in "64x16x100", on two processors. `name` stays
// in use.
[[nodiscard]] std::optional<Workload> find_workload(std::string_view name);

}  // namespace rollcall::bench
