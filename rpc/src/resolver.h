#pragma once
// Host names -> addresses, on threads where hanging harms nobody.

#include <rollcall/base/endpoint.h>

#include <asio/ip/tcp.hpp>

#include <functional>
#include <vector>

namespace rollcall::rpc {

using Addresses = std::vector<asio::ip::tcp::endpoint>;

// The addresses of an IP literal, without any resolver; empty for names.
[[nodiscard]] Addresses literal_address(const Endpoint& endpoint);

// Looks a name up on one of at most four process-wide threads, which are started when needed and
// never joined: getaddrinfo has no time-out and cannot be interrupted. A name that is being looked
// up already is not looked up again: all who asked get the one answer. `done` runs on such a
// thread, however late, or at once if too many wait or no thread can be started, and must own what
// it touches.
void resolve(const Endpoint& endpoint, const std::function<void(Result<Addresses>)>& done);

}  // namespace rollcall::rpc
