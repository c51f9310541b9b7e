#pragma once
// What became known about a peer before a handshake failed.

#include <string>

struct ssl_st;

namespace rollcall::tls {

struct Findings {
    int verify_error = 0;             // OpenSSL's X509_V_ERR_...
    std::string shown_for;            // the names in the certificate that was refused
    std::string valid;                // until when it was, or since when it will be
    bool certificate_wanted = false;  // the server asked for ours
};

// Has a connection, which must not outlive them, write into `findings` what it learns about a
// server, or about a client if the context asks for its certificate.
void record_server(ssl_st& ssl, Findings& findings);
void record_client(ssl_st& ssl, Findings& findings);

}  // namespace rollcall::tls
