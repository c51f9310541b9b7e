#pragma once
// Parts of certificates as texts.

#include <rollcall/base/log.h>

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <memory>
#include <string>

namespace rollcall::tls {

[[nodiscard]] inline std::string text_of(const ASN1_STRING& string) {
    const auto* const data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(&string));
    return printable({data, static_cast<std::size_t>(ASN1_STRING_length(&string))});
}

using NamesOwner = std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)>;

// The names of the extension subjectAltName; null if there is none.
[[nodiscard]] inline NamesOwner names_in(const X509& certificate) {
    return {
        static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)
        ),
        &GENERAL_NAMES_free};
}

}  // namespace rollcall::tls
