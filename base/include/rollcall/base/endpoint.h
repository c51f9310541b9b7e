#pragma once
// host:port, or the name of a Unix domain socket.

#include <rollcall/base/result.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rollcall {

// An address that can be dialled or listened on: an IPv4 literal, an IPv6 literal or a host name,
// and a port; or a Unix domain socket of this machine. A value; a class with constructors (see
// Error for why).
class Endpoint {
public:
    Endpoint() = default;
    Endpoint(std::string host, std::uint16_t port);

    // "127.0.0.1:9000", "[::1]:9000", "name.example:9000"; "unix:/run/x.sock", the absolute path of
    // a socket, or "unix:@name", one of Linux's abstract names. An error says what is wrong with
    // it.
    [[nodiscard]] static Result<Endpoint> parse(std::string_view text);

    // Without brackets, even for IPv6. Of a Unix domain socket the whole text, "unix:/run/x.sock":
    // no host can be called so.
    [[nodiscard]] const std::string& host() const noexcept { return host_; }

    // 0 of a Unix domain socket.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    // "host:port", an IPv6 host in brackets, or "unix:/run/x.sock". parse(to_string()) is the same
    // endpoint.
    [[nodiscard]] std::string to_string() const;

    // The kernel's limit on the path of a socket, and on an abstract name without its @.
    static constexpr std::size_t kMaxUnixBytes = 107;

    [[nodiscard]] bool is_unix() const noexcept { return host_.starts_with("unix:"); }

    // Of a Unix domain socket: "/run/x.sock" or "@name". Lives as long as this does.
    [[nodiscard]] std::string_view unix_name() const noexcept;

    [[nodiscard]] bool is_ipv4() const;
    [[nodiscard]] bool is_ipv6() const;

    // True for names, which need a resolver; IP literals and Unix domain sockets do not.
    [[nodiscard]] bool is_name() const { return !is_unix() && !is_ipv4() && !is_ipv6(); }

    // 0.0.0.0 or ::, which can be listened on but not dialled.
    [[nodiscard]] bool is_wildcard() const;
    // 127.0.0.0/8, ::1, "localhost", or a Unix domain socket.
    [[nodiscard]] bool is_loopback() const;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;

private:
    std::string host_;
    std::uint16_t port_ = 0;
};

// The endpoint of something that runs in this process, with a way to ask whether it still works.
// rpc::Server::endpoint() returns one; a Registrar takes it and stops announcing what is dead.
class LiveEndpoint : public Endpoint {
public:
    LiveEndpoint() = default;

    // Implicit: an endpoint without a probe counts as alive.
    // NOLINTNEXTLINE(google-explicit-constructor)
    LiveEndpoint(Endpoint endpoint) : Endpoint(std::move(endpoint)) {}

    LiveEndpoint(Endpoint endpoint, std::function<bool()> alive)
        : Endpoint(std::move(endpoint)), alive_(std::move(alive)) {}

    // Never blocks; may be called from any thread, also after the server has gone (then false).
    [[nodiscard]] bool alive() const { return !alive_ || alive_(); }

private:
    std::function<bool()> alive_;
};

}  // namespace rollcall
