#pragma once
// Who is at the other end.

#include <rollcall/base/endpoint.h>

#include <asio/ip/tcp.hpp>

namespace rollcall::http {

// IPv4 also when it came over an IPv6 socket.
inline Endpoint endpoint_of(const asio::ip::tcp::endpoint& endpoint) {
    asio::ip::address address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return Endpoint{address.to_string(), endpoint.port()};
}

}  // namespace rollcall::http
