#pragma once
// Options become what OpenSSL makes connections of.

#include <rollcall/base/result.h>
#include <rollcall/tls/options.h>

#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace rollcall::tls {

// Thread safety: connections may be made of it on any thread; it does not change.
using Context = std::shared_ptr<ssl_ctx_st>;

// Reads the files now. TLS 1.2 or later. An error (invalid_argument) names the option, the file
// and what is wrong with it.
//
// A client's connections verify the server's certificate; the name in it is checked only if the
// connection says which (SSL_set1_host).
[[nodiscard]] Result<Context> client_context(const ClientOptions& options);
// A server's connections are never resumed, so a certificate that is no longer accepted ends with
// its connection.
[[nodiscard]] Result<Context> server_context(const ServerOptions& options);

// ALPN, before connections are made of the context; texts of letters, digits and the like, at most
// 255 bytes each. A server agrees to the first of `protocols` that a client offers, refuses one
// that offers others alone, and serves one that offers none. A client offers them.
void accept_protocols(const Context& context, const std::vector<std::string>& protocols);
void offer_protocols(const Context& context, const std::vector<std::string>& protocols);

// What OpenSSL has noted last on this thread, in its words; forgets it.
[[nodiscard]] std::string take_reason();

}  // namespace rollcall::tls
