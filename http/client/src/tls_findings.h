#pragma once
// What became known about a peer before a handshake failed.

#include <string>

struct ssl_st;

namespace rollcall::http {

struct TlsFindings {
    int verify_error = 0;             // OpenSSL's X509_V_ERR_...
    std::string shown_for;            // the names in the certificate that was refused
    std::string valid;                // until when it was, or since when it will be
    bool certificate_wanted = false;  // the server asked for ours
};

// Has a client's connection, which must not outlive them, write into `findings`.
void record_findings(ssl_st& ssl, TlsFindings& findings);

}  // namespace rollcall::http
