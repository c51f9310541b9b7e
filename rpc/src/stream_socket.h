#pragma once
// Connected sockets of either kind, TCP or Unix domain, and how their ends are called.

#include <rollcall/base/endpoint.h>
#include <rollcall/rpc/peer_identity.h>

#include <asio/error_code.hpp>
#include <asio/generic/stream_protocol.hpp>

#include <optional>
#include <string>

namespace rollcall::rpc {

using StreamSocket = asio::generic::stream_protocol::socket;
using StreamAddress = asio::generic::stream_protocol::endpoint;

// Of a Unix domain socket: the address that binds it or reaches it.
[[nodiscard]] StreamAddress unix_address(const Endpoint& endpoint);

// Makes a descriptor of either kind the socket's, which has none. On failure it is closed.
void take_over(StreamSocket& socket, int descriptor, asio::error_code& ec);

// For a socket that has been waited on until it could be written to, and on which nothing is
// awaited now. Asio asks the kernel for that from then on: each wait for bytes would first be told
// that the socket can be written to, which costs a look for news that brings none.
void watch_anew(StreamSocket& socket, asio::error_code& ec);

// None for what is neither IP nor a Unix domain socket with a name.
[[nodiscard]] std::optional<Endpoint> endpoint_of(const StreamAddress& address);

// Who has the other end of a Unix domain socket, as the kernel noted when it was connected, or of
// its listener when that began to listen.
[[nodiscard]] std::optional<UnixPeer> unix_peer_of(int descriptor);
[[nodiscard]] std::optional<UnixPeer> unix_peer_of(const StreamSocket& socket);

// The other end for people: "10.0.0.7:4711", "unix:/run/x.sock (uid 1000, pid 12)"; empty if it has
// gone already.
[[nodiscard]] std::string peer_text(const StreamSocket& socket);

}  // namespace rollcall::rpc
