#include "findings.h"

#include "asn1_text.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <array>
#include <memory>

namespace rollcall::tls {
namespace {

Findings& findings_of(const SSL* ssl) {
    return *static_cast<Findings*>(SSL_get_app_data(ssl));
}

std::string address_of(const ASN1_STRING& bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = ASN1_STRING_length(&bytes) == 4 ? AF_INET : AF_INET6;
    ::inet_ntop(family, ASN1_STRING_get0_data(&bytes), text.data(), text.size());
    return text.data();
}

// The names that count: those of the extension; the common name has no meaning any more.
std::string names_for(const X509& certificate) {
    const NamesOwner names = names_in(certificate);
    std::string text;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), i);
        if (name.type != GEN_DNS && name.type != GEN_IPADD) continue;
        if (!text.empty()) text += ", ";
        text += name.type == GEN_DNS ? text_of(*name.d.dNSName) : address_of(*name.d.iPAddress);
    }
    return text.empty() ? "no name at all (no subjectAltName)" : text;
}

std::string date_of(const ASN1_TIME& time) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new(BIO_s_mem()), &BIO_free};
    std::array<char, 64> text{};
    if (!out || ASN1_TIME_print(out.get(), &time) != 1) return "an unreadable date";
    BIO_gets(out.get(), text.data(), static_cast<int>(text.size()));
    return text.data();
}

// Changes nothing; while it runs the certificate is still at hand.
int on_verify(int accepted, X509_STORE_CTX* store) {
    if (accepted == 1) return accepted;
    const auto* const ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
    );
    Findings& findings = findings_of(ssl);
    findings.verify_error = X509_STORE_CTX_get_error(store);
    const X509* const certificate = X509_STORE_CTX_get_current_cert(store);
    if (certificate == nullptr) return accepted;
    findings.shown_for = names_for(*certificate);
    const bool early = findings.verify_error == X509_V_ERR_CERT_NOT_YET_VALID;
    findings.valid =
        date_of(early ? *X509_get0_notBefore(certificate) : *X509_get0_notAfter(certificate));
    return accepted;
}

// Asked when the server wants a certificate; the context has it already, if there is one.
int on_certificate_wanted(SSL* ssl, void*) {
    findings_of(ssl).certificate_wanted = true;
    return 1;
}

}  // namespace

void record_server(ssl_st& ssl, Findings& findings) {
    SSL_set_app_data(&ssl, &findings);
    SSL_set_verify(&ssl, SSL_VERIFY_PEER, on_verify);
    SSL_set_cert_cb(&ssl, on_certificate_wanted, nullptr);
}

void record_client(ssl_st& ssl, Findings& findings) {
    SSL_set_app_data(&ssl, &findings);
    SSL_set_verify(&ssl, SSL_get_verify_mode(&ssl), on_verify);
}

}  // namespace rollcall::tls
