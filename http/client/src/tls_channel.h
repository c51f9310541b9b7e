#pragma once
// A connection encrypted by TLS.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/result.h>
#include <rollcall/tls/options.h>
#include <rollcall/tls/session.h>

#include "channel.h"

#include <memory>

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
    TlsChannel(int descriptor, std::unique_ptr<tls::Session> session);

    // After a step that is not done: ready to be repeated, or how it ended.
    [[nodiscard]] Transfer wait_after(const tls::Step& step, const IoBounds& bounds);
    [[nodiscard]] Result<void> handshake(const IoBounds& bounds);

    const int descriptor_;
    const std::unique_ptr<tls::Session> session_;
    std::optional<Error> failure_;
};

}  // namespace rollcall::http
