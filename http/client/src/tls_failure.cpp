#include "tls_failure.h"

#include <rollcall/base/log.h>
#include <rollcall/tls/context.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace rollcall::http {
namespace {

Error refused_certificate(
    const TlsFindings& found, const Endpoint& server, const tls::ClientOptions& options
) {
    const std::string subject = "the certificate of the server ";
    const auto failed = [&](const std::string& why) {
        return Error{Errc::connect_failed, subject + why};
    };
    switch (found.verify_error) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return failed("is for " + found.shown_for + ", not for " + server.host());
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return failed("has expired: it was valid until " + found.valid);
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return failed("is not valid yet: it will be from " + found.valid);
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return failed(
                options.ca_file.empty()
                    ? "is not by an authority of the system's store; give that of its CA as ca_file"
                    : "is not by an authority in " + printable(options.ca_file)
            );
        default:
            return failed(
                std::string{"was refused: "} + X509_verify_cert_error_string(found.verify_error)
            );
    }
}

}  // namespace

Error tls_failure(
    const TlsFindings& findings, const Endpoint& server, const tls::ClientOptions& options
) {
    const unsigned long code = ERR_peek_last_error();
    const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    const std::string words = tls::take_reason();
    switch (reason) {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            return refused_certificate(findings, server, options);
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_UNEXPECTED_MESSAGE:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_RECORD_LENGTH_MISMATCH:
            return Error{
                Errc::protocol_error,
                "the server does not speak TLS; if it speaks plain HTTP, its URL starts with "
                "http://"};
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
            if (auto error = certificate_failure(findings, options)) {
                return Error{error->code(), error->message() + " (" + words + ")"};
            }
            break;
        default:
            break;
    }
    return Error{Errc::connect_failed, "TLS failed: " + words};
}

std::optional<Error> certificate_failure(
    const TlsFindings& findings, const tls::ClientOptions& options
) {
    if (!findings.certificate_wanted) return std::nullopt;
    if (options.certificate_file.empty()) {
        return Error{
            Errc::connect_failed,
            "the server asks for a client certificate; give certificate_file and key_file"};
    }
    return Error{
        Errc::connect_failed,
        "the server does not accept the client certificate " + printable(options.certificate_file)};
}

}  // namespace rollcall::http
