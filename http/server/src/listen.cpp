#include "listen.h"

#include <rollcall/base/close_on_exec.h>

#include <asio/ip/v6_only.hpp>

#include <string>
#include <system_error>

namespace rollcall::http {
namespace {

using asio::ip::tcp;

// Asio has categories of its own, which do not compare equal to std::errc.
std::error_code as_system(const asio::error_code& ec) {
    if (ec.category() != asio::system_category()) return ec;
    return {ec.value(), std::system_category()};
}

tcp::endpoint resolve(tcp::acceptor& acceptor, const Endpoint& where) {
    asio::error_code ec;
    const auto address = asio::ip::make_address(where.host(), ec);
    if (!ec) return {address, where.port()};
    tcp::resolver resolver{acceptor.get_executor()};
    const auto found =
        resolver.resolve(where.host(), std::to_string(where.port()), tcp::resolver::passive, ec);
    if (ec || found.empty()) {
        throw std::system_error{
            ec ? as_system(ec) : std::make_error_code(std::errc::address_not_available),
            "cannot listen on " + where.to_string() + ", the name has no address"};
    }
    return found.begin()->endpoint();
}

}  // namespace

Endpoint listen(tcp::acceptor& acceptor, const Endpoint& where) {
    const tcp::endpoint endpoint = resolve(acceptor, where);
    asio::error_code ec;
    acceptor.open(endpoint.protocol(), ec);
    close_on_exec(acceptor.native_handle());
    if (!ec) acceptor.set_option(tcp::acceptor::reuse_address{true}, ec);
    if (!ec && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only{false}, ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) return Endpoint{where.host(), acceptor.local_endpoint().port()};
    std::string message = "cannot listen on " + where.to_string();
    if (ec == asio::error::address_in_use) message += ", another process has that port";
    throw std::system_error{as_system(ec), message};
}

}  // namespace rollcall::http
