#pragma once
// Opening the listening socket.

#include <rollcall/base/endpoint.h>

#include <asio/ip/tcp.hpp>

namespace rollcall::http {

// Makes `acceptor` listen at `where`, whose name is resolved; the endpoint with the port chosen.
// An IPv6 wildcard takes IPv4 too. Throws std::system_error that names the address and the reason.
Endpoint listen(asio::ip::tcp::acceptor& acceptor, const Endpoint& where);

}  // namespace rollcall::http
