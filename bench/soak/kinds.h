#pragma once
// What the load of the soak is made of. Pure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rollcall::soak {

enum class Kind {
    client,     // Client::async_call, small
    coroutine,  // the same, answered by a coroutine
    pool,       // the same, answered on the pool
    service,    // ServiceClient::async_call, small
    encrypted,  // the same over TLS, with request ids and traces
    blocking,   // call(), broadcast() and streams of threads that wait
    large,      // 64 KiB to 1 MiB there and back
    broadcast,  // to all servers
    callback,   // the server calls the client before it answers
    stream,     // down, up, both ways, given up
    newcomer,   // a client is made, calls and goes
    guest,      // now and then instead: a server that registers, is called and goes
    timed_out,  // has to end with timed_out
    cancelled,  // has to end with cancelled
    refused,    // has to end with the handler's error
};

inline constexpr std::size_t kKinds = 15;

// Of those, the first that are small calls, whose latencies belong together.
inline constexpr std::size_t kQuickKinds = 5;

[[nodiscard]] constexpr std::size_t index_of(Kind kind) {
    return static_cast<std::size_t>(kind);
}

[[nodiscard]] std::string_view name_of(Kind kind) noexcept;

// Of the call with that number, counted from 0: the same mixture at any rate.
[[nodiscard]] Kind kind_of(std::uint64_t number) noexcept;

}  // namespace rollcall::soak
