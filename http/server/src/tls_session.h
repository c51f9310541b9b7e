#pragma once
// The server's end of one TLS connection, over a socket that is never waited for.

#include <rollcall/tls/context.h>
#include <rollcall/tls/session.h>

#include <asio/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace rollcall::http {

// What one attempt came to.
struct TlsStep {
    enum class Want { nothing, read, write } want = Want::nothing;  // to be tried again when ready

    std::size_t bytes = 0;
    asio::error_code error = {};
};

// Asio's words for what tls::Session says. One thread at a time.
class TlsSession {
public:
    // Throws std::bad_alloc.
    TlsSession(int descriptor, const tls::Context& context, const std::string& client_ca_file);
    // Says goodbye to the client, if that can be done without waiting.
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    [[nodiscard]] TlsStep handshake();
    [[nodiscard]] TlsStep read(void* data, std::size_t size);
    // After a want, again with the same bytes.
    [[nodiscard]] TlsStep write(const void* data, std::size_t size);

    // Why the last step failed, for people.
    [[nodiscard]] std::string reason() const;

    // The first bytes were those of an HTTP request.
    [[nodiscard]] bool heard_plain_http() const { return session_->heard_plain_http(); }

private:
    const std::unique_ptr<tls::Session> session_;
};

}  // namespace rollcall::http
