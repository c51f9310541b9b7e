#pragma once
// What went wrong with TLS, in a sentence.

#include <rollcall/base/error.h>
#include <rollcall/tls/session.h>

#include "findings.h"

#include <optional>
#include <string>

namespace rollcall::tls {

// At a client, for the error that OpenSSL has noted last on this thread; forgets it.
[[nodiscard]] Error server_failure(const Findings& findings, const ServerName& server);

// For a connection that ended without a reason before anything was answered. In TLS 1.3 a server
// judges the client's certificate after the handshake, and what it says about it may get lost.
[[nodiscard]] std::optional<Error> certificate_failure(
    const Findings& findings, const ClientOptions& options
);

// For a connection that the server ended within the handshake, or that failed with this errno.
[[nodiscard]] Error server_left(int error, const ServerName& server);

// At a server, likewise.
[[nodiscard]] Error client_failure(const Findings& findings, const std::string& client_ca_file);

// For a connection that the client ended, or that failed with this errno.
[[nodiscard]] Error client_left(int error);

}  // namespace rollcall::tls
