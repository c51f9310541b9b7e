#pragma once
// Who is at the other end of a connection.

#include <rollcall/tls/peer_certificate.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace rollcall::rpc {

// The process at the other end of a Unix domain socket, as the kernel noted when it connected.
struct UnixPeer {
    std::int64_t pid = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;

    friend bool operator==(const UnixPeer&, const UnixPeer&) = default;
};

// A value; a class with constructors (see Error for why). An address is where bytes come from, and
// no proof of anything; a certificate was verified before there was a connection.
class PeerIdentity {
public:
    PeerIdentity() = default;

    explicit PeerIdentity(
        std::string address,
        std::optional<UnixPeer> process = std::nullopt,
        std::optional<tls::PeerCertificate> certificate = std::nullopt
    )
        : address_(std::move(address)), process_(process), certificate_(std::move(certificate)) {}

    // "10.0.0.7:4711", or "unix:/run/x.sock (uid 1000, pid 12)"; empty if it had gone already.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }

    // Of a Unix domain socket.
    [[nodiscard]] const std::optional<UnixPeer>& process() const noexcept { return process_; }

    // Of a client: the one that the server's client_ca_file vouches for. Of a server: the one that
    // the client has accepted. None without TLS, or if the client was asked for none.
    [[nodiscard]] const std::optional<tls::PeerCertificate>& certificate() const noexcept {
        return certificate_;
    }

    friend bool operator==(const PeerIdentity&, const PeerIdentity&) = default;

private:
    std::string address_;
    std::optional<UnixPeer> process_;
    std::optional<tls::PeerCertificate> certificate_;
};

}  // namespace rollcall::rpc
