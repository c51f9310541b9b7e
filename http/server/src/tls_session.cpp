#include "tls_session.h"

#include <asio/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <limits>
#include <new>
#include <system_error>

namespace rollcall::http {
namespace {

int clamped(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

void TlsSession::Free::operator()(ssl_st* ssl) const noexcept {
    SSL_free(ssl);
}

TlsSession::TlsSession(int descriptor, const tls::Context& context)
    : socket_{descriptor}, ssl_(SSL_new(context.get())) {
    BIO* const bio = ssl_ ? tls::new_socket_bio(socket_) : nullptr;
    if (bio == nullptr) throw std::bad_alloc{};
    SSL_set_bio(ssl_.get(), bio, bio);
    // An idle connection gives its two 17 KiB buffers back.
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_set_accept_state(ssl_.get());
}

TlsSession::~TlsSession() {
    if (!usable_) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

TlsStep TlsSession::handshake() {
    ERR_clear_error();
    const int result = SSL_accept(ssl_.get());
    usable_ = result == 1;
    return usable_ ? TlsStep{} : step_after(result);
}

TlsStep TlsSession::read(void* data, std::size_t size) {
    if (size == 0) return {};
    ERR_clear_error();
    const int n = SSL_read(ssl_.get(), data, clamped(size));
    if (n > 0) return {TlsStep::Want::nothing, static_cast<std::size_t>(n)};
    return step_after(n);
}

TlsStep TlsSession::write(const void* data, std::size_t size) {
    if (size == 0) return {};
    ERR_clear_error();
    const int n = SSL_write(ssl_.get(), data, clamped(size));
    if (n > 0) return {TlsStep::Want::nothing, static_cast<std::size_t>(n)};
    return step_after(n);
}

TlsStep TlsSession::step_after(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {TlsStep::Want::read};
        case SSL_ERROR_WANT_WRITE:
            return {TlsStep::Want::write};
        case SSL_ERROR_ZERO_RETURN:
            return {TlsStep::Want::nothing, 0, asio::error::eof};
        default:
            break;
    }
    usable_ = false;
    const unsigned long code = ERR_peek_last_error();
    plain_http_ = ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
    if (socket_.ended) {
        reason_ = "the client closed the connection";
    } else if (code != 0) {
        reason_ = tls::take_reason();
    } else {
        reason_ = std::generic_category().message(socket_.error);
    }
    ERR_clear_error();
    const bool ended = socket_.ended;
    return {
        TlsStep::Want::nothing,
        0,
        ended ? asio::error_code{asio::error::eof}
              : asio::error_code{asio::error::connection_aborted}};
}

}  // namespace rollcall::http
