#pragma once
// A connection encrypted by TLS.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/result.h>
#include <rollcall/tls/options.h>
#include <rollcall/tls/socket_bio.h>

#include "channel.h"
#include "tls_findings.h"

#include <memory>

struct ssl_st;

namespace rollcall::http {

class TlsChannel final : public Channel {
public:
    // Shakes hands over the connected socket: the server must show a certificate for the host of
    // `server`, a name or an address, by an authority that `options` believe. The files are read
    // anew each time, so renewed ones are taken up. Errors: invalid_argument (a file),
    // connect_failed (a certificate, theirs or ours), protocol_error (no TLS), timed_out,
    // cancelled, connection_lost.
    [[nodiscard]] static Result<std::unique_ptr<TlsChannel>> connect(
        int descriptor,
        const Endpoint& server,
        const tls::ClientOptions& options,
        const IoBounds& bounds
    );

    // Says goodbye to the server, if that can be done without waiting.
    ~TlsChannel() override;

    [[nodiscard]] Transfer read_some(char* data, std::size_t size, const IoBounds& bounds) override;
    [[nodiscard]] Transfer write_all(const char* data, std::size_t size, const IoBounds& bounds)
        override;

    [[nodiscard]] std::optional<Error> failure() const override { return failure_; }

private:
    struct Free {
        void operator()(ssl_st* ssl) const noexcept;
    };

    TlsChannel(int descriptor, const Endpoint& server, const tls::ClientOptions& options);

    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<void> handshake(const IoBounds& bounds);
    // After a call of OpenSSL's has not succeeded: ready to be repeated, or how it ended.
    [[nodiscard]] Transfer wait_after(int result, const IoBounds& bounds);

    const Endpoint server_;
    const tls::ClientOptions options_;
    tls::BioSocket socket_;  // these two before ssl_, which uses them
    TlsFindings findings_;
    std::unique_ptr<ssl_st, Free> ssl_;
    bool usable_ = false;    // nothing has failed since the handshake
    bool answered_ = false;  // the server has sent something
    std::optional<Error> failure_;
};

}  // namespace rollcall::http
