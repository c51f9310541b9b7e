#pragma once
// The server's end of one TLS connection, over a socket that is never waited for.

#include <rollcall/tls/context.h>
#include <rollcall/tls/socket_bio.h>

#include <asio/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>

struct ssl_st;

namespace rollcall::http {

// What one attempt came to.
struct TlsStep {
    enum class Want { nothing, read, write } want = Want::nothing;  // to be tried again when ready

    std::size_t bytes = 0;
    asio::error_code error = {};
};

// Costs some 13 KiB while it is idle. One thread at a time. Never raises SIGPIPE.
class TlsSession {
public:
    // Throws std::bad_alloc.
    TlsSession(int descriptor, const tls::Context& context);
    // Says goodbye to the client, if that can be done without waiting.
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    [[nodiscard]] TlsStep handshake();
    [[nodiscard]] TlsStep read(void* data, std::size_t size);
    // After a want, again with the same bytes.
    [[nodiscard]] TlsStep write(const void* data, std::size_t size);

    // Why the last step failed, for people.
    [[nodiscard]] const std::string& reason() const { return reason_; }

    // The first bytes were those of an HTTP request.
    [[nodiscard]] bool heard_plain_http() const { return plain_http_; }

private:
    struct Free {
        void operator()(ssl_st* ssl) const noexcept;
    };

    [[nodiscard]] TlsStep step_after(int result);

    tls::BioSocket socket_;  // before ssl_, which uses it
    std::unique_ptr<ssl_st, Free> ssl_;
    bool usable_ = false;  // shaken hands, and nothing has failed since
    bool plain_http_ = false;
    std::string reason_;
};

}  // namespace rollcall::http
