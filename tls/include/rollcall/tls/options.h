#pragma once
// Which certificates an end of a TLS connection shows, and whom it believes. All files are PEM.

#include <string>

namespace rollcall::tls {

struct ClientOptions {
    std::string ca_file = {};           // who may sign the server's; empty: the system's store
    std::string certificate_file = {};  // of the client itself (mTLS), with its chain; or empty,
    std::string key_file = {};          // and its key, without a passphrase

    friend bool operator==(const ClientOptions&, const ClientOptions&) = default;
};

struct ServerOptions {
    std::string certificate_file = {};  // the server's, with its chain
    std::string key_file = {};          // its key, without a passphrase
    // Who may sign the certificates of clients, which must show one then; empty: nobody is asked.
    std::string client_ca_file = {};

    // Whether any of them is set: without one the server speaks no TLS.
    [[nodiscard]] bool enabled() const {
        return !(certificate_file.empty() && key_file.empty() && client_ca_file.empty());
    }

    friend bool operator==(const ServerOptions&, const ServerOptions&) = default;
};

}  // namespace rollcall::tls
