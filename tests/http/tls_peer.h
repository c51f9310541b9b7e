#pragma once
// The server's end of a TLS connection, played by hand.

#include <rollcall/base/thread.h>
#include <rollcall/tls/context.h>

#include "support/raw_peer.h"

#include <memory>
#include <string>
#include <string_view>

struct ssl_st;

namespace rollcall::tests {

// Over an accepted connection, which it neither owns nor closes. One thread at a time.
class TlsPeer {
public:
    // Shakes hands. `newest` is 12 or 13. Throws std::runtime_error if `options` are wrong.
    TlsPeer(RawPeer& peer, const tls::ServerOptions& options, int newest = 13);
    ~TlsPeer();
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;

    // Whether the handshake has succeeded.
    [[nodiscard]] bool connected() const { return connected_; }

    // What the client sent up to and including the first blank line; less if it has gone.
    [[nodiscard]] std::string read_head();
    // Reads and drops so many bytes, or what comes before the client goes.
    void skip(std::size_t bytes);
    // All of it, or false if the client has gone.
    bool send(std::string_view bytes);
    // The orderly end of TLS, which the end of the connection may follow.
    void goodbye();

private:
    SignalsBlocked blocked_;  // OpenSSL writes with write()
    tls::Context context_;
    ssl_st* ssl_;
    bool connected_ = false;
};

}  // namespace rollcall::tests
