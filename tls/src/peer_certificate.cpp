#include <rollcall/tls/peer_certificate.h>

#include "asn1_text.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <string_view>

namespace rollcall::tls {
namespace {

using BioOwner = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string subject_of(const X509& certificate) {
    const BioOwner out{BIO_new(BIO_s_mem()), &BIO_free};
    if (!out) return {};
    // Escapes control characters by itself.
    X509_NAME_print_ex(out.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253);
    char* data = nullptr;
    const long size = BIO_ctrl(out.get(), BIO_CTRL_INFO, 0, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string common_name_of(const X509& certificate) {
    const X509_NAME* const name = X509_get_subject_name(&certificate);
    const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (index < 0) return {};
    return text_of(*X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
}

std::string fingerprint_of(const X509& certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += kDigits[digest[i] >> 4U];
        text += kDigits[digest[i] & 15U];
    }
    return text;
}

}  // namespace

PeerCertificate read_certificate(const x509_st& certificate) {
    PeerCertificate read;
    read.subject = subject_of(certificate);
    read.common_name = common_name_of(certificate);
    read.fingerprint = fingerprint_of(certificate);
    const NamesOwner names = names_in(certificate);
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), i);
        if (name.type == GEN_DNS) read.dns_names.push_back(text_of(*name.d.dNSName));
        if (name.type == GEN_URI) read.uris.push_back(text_of(*name.d.uniformResourceIdentifier));
    }
    return read;
}

}  // namespace rollcall::tls
