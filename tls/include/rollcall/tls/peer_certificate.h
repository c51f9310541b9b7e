#pragma once
// What the certificate says that the other end of a connection has shown.

#include <string>
#include <vector>

struct x509_st;  // OpenSSL's X509

namespace rollcall::tls {

// A value. Texts are printable: control characters are escaped.
struct PeerCertificate {
    std::string subject;                 // "CN=worker 7,O=Example", as RFC 2253 writes it
    std::string common_name;             // of the subject; empty if it has none
    std::vector<std::string> dns_names;  // of the extension subjectAltName
    std::vector<std::string> uris;       // likewise: "spiffe://example/worker"
    std::string fingerprint;             // SHA-256 of the certificate, 64 hexadecimal digits

    friend bool operator==(const PeerCertificate&, const PeerCertificate&) = default;
};

[[nodiscard]] PeerCertificate read_certificate(const x509_st& certificate);

}  // namespace rollcall::tls
