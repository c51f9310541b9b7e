#include "failure.h"

#include <rollcall/base/log.h>
#include <rollcall/tls/context.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <system_error>

namespace rollcall::tls {
namespace {

Error failed(const std::string& words) {
    return Error{Errc::connect_failed, words};
}

// Why a certificate was refused, after "the certificate of the ...".
std::string refusal_of(const Findings& found, const std::string& expected, const std::string& by) {
    switch (found.verify_error) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "is for " + found.shown_for + ", not for " + expected;
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "has expired: it was valid until " + found.valid;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "is not valid yet: it will be from " + found.valid;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return by.empty()
                       ? "is not by an authority of the system's store; give that of its CA as "
                         "ca_file"
                       : "is not by an authority in " + printable(by);
        default:
            return std::string{"was refused: "} + X509_verify_cert_error_string(found.verify_error);
    }
}

// A client's alert about our certificate; empty if it is about something else.
std::string words_of_alert(int reason) {
    switch (reason) {
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:  // it knows one of that name, with another key
            return "the client does not believe the authority of this server's certificate";
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
            return "the client finds this server's certificate expired or not valid yet";
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
            return "the client does not accept this server's certificate; it may be for another "
                   "name than the client asked for";
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
            return "the client does not accept this server's certificate";
        default:
            return {};
    }
}

int noted_reason() {
    const unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
}

}  // namespace

Error server_failure(const Findings& findings, const ServerName& server) {
    const int reason = noted_reason();
    const std::string words = take_reason();
    switch (reason) {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            return failed(
                "the certificate of the server " +
                refusal_of(findings, server.host, server.options.ca_file)
            );
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_UNEXPECTED_MESSAGE:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_RECORD_LENGTH_MISMATCH:
            return Error{
                Errc::protocol_error,
                "the server does not speak TLS" +
                    (server.if_plain.empty() ? "" : "; " + server.if_plain)};
        case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
            return failed("the server speaks TLS, but another protocol over it");
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
            if (auto error = certificate_failure(findings, server.options)) {
                return Error{error->code(), error->message() + " (" + words + ")"};
            }
            break;
        default:
            break;
    }
    return failed("TLS failed: " + words);
}

std::optional<Error> certificate_failure(const Findings& findings, const ClientOptions& options) {
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

Error server_left(int error, const ServerName& server) {
    const std::string hint = server.if_plain.empty() ? "" : "; " + server.if_plain;
    if (error == 0)
        return failed("the server closed the connection within the TLS handshake" + hint);
    return failed(
        "the connection failed within the TLS handshake: " +
        std::generic_category().message(error) + hint
    );
}

Error client_failure(const Findings& findings, const std::string& client_ca_file) {
    const int reason = noted_reason();
    const std::string words = take_reason();
    if (const std::string alert = words_of_alert(reason); !alert.empty())
        return failed(alert + " (" + words + ")");
    switch (reason) {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            return failed(
                "the certificate of the client " + refusal_of(findings, "", client_ca_file)
            );
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return failed("the client shows no certificate, and this server wants one");
        case SSL_R_NO_APPLICATION_PROTOCOL:
            return failed("the client wants to speak another protocol (ALPN)");
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_VERSION_TOO_LOW:
            return failed("the client knows no version of TLS from 1.2 on (" + words + ")");
        default:
            return failed(words);
    }
}

Error client_left(int error) {
    if (error == 0) return failed("the client closed the connection");
    return failed(std::generic_category().message(error));
}

}  // namespace rollcall::tls
