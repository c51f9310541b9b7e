#pragma once
// What went wrong with TLS, in a sentence.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/error.h>
#include <rollcall/tls/options.h>

#include "tls_findings.h"

#include <optional>

namespace rollcall::http {

// For the error that OpenSSL has noted last on this thread; forgets it.
[[nodiscard]] Error tls_failure(
    const TlsFindings& findings, const Endpoint& server, const tls::ClientOptions& options
);

// For a connection that ended without a reason before anything was answered. In TLS 1.3 a server
// judges the client's certificate after the handshake, and what it says about it may get lost.
[[nodiscard]] std::optional<Error> certificate_failure(
    const TlsFindings& findings, const tls::ClientOptions& options
);

}  // namespace rollcall::http
