#include "tls_channel.h"

#include <rollcall/tls/context.h>

#include "tls_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <poll.h>
#include <system_error>

namespace rollcall::http {
namespace {

int clamped(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

// What SSL_set_tlsext_host_name() does, without its C cast.
bool set_server_name(SSL& ssl, const char* host) {
    return SSL_ctrl(
               &ssl,
               SSL_CTRL_SET_TLSEXT_HOSTNAME,
               TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host)
           ) == 1;
}

Error unusable(const Endpoint& server) {
    return Error{
        Errc::connect_failed,
        "TLS cannot be begun with " + server.host() + ": " + tls::take_reason()};
}

}  // namespace

void TlsChannel::Free::operator()(ssl_st* ssl) const noexcept {
    SSL_free(ssl);
}

Result<std::unique_ptr<TlsChannel>> TlsChannel::connect(
    int descriptor,
    const Endpoint& server,
    const tls::ClientOptions& options,
    const IoBounds& bounds
) {
    std::unique_ptr<TlsChannel> channel{new TlsChannel{descriptor, server, options}};
    if (auto begun = channel->begin(); !begun) return begun.error();
    if (auto done = channel->handshake(bounds); !done) return done.error();
    channel->usable_ = true;
    return channel;
}

TlsChannel::TlsChannel(int descriptor, const Endpoint& server, const tls::ClientOptions& options)
    : server_(server), options_(options), socket_{descriptor} {
}

TlsChannel::~TlsChannel() {
    if (!usable_) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

Result<void> TlsChannel::begin() {
    const auto context = tls::client_context(options_);
    if (!context) return context.error();
    ssl_.reset(SSL_new(context->get()));
    BIO* const bio = ssl_ ? tls::new_socket_bio(socket_) : nullptr;
    if (bio == nullptr) return unusable(server_);
    SSL_set_bio(ssl_.get(), bio, bio);
    record_findings(*ssl_, findings_);
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const char* const host = server_.host().c_str();
    // An address is no server name and is looked for among the addresses in the certificate.
    const bool named = server_.is_name()
                           ? set_server_name(*ssl_, host) && SSL_set1_host(ssl_.get(), host) == 1
                           : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host) == 1;
    if (!named) return unusable(server_);
    return {};
}

Result<void> TlsChannel::handshake(const IoBounds& bounds) {
    for (;;) {
        ERR_clear_error();
        const int result = SSL_connect(ssl_.get());
        if (result == 1) return {};
        const Transfer transfer = wait_after(result, bounds);
        switch (transfer.end) {
            case IoEnd::ready:
                break;
            case IoEnd::timed_out:
                return Error{Errc::timed_out, "the TLS handshake was not complete"};
            case IoEnd::cancelled:
                return Error{Errc::cancelled, "cancelled"};
            case IoEnd::closed:
            case IoEnd::cut:
                if (failure_) return *failure_;
                return Error{
                    Errc::connect_failed,
                    "the server closed the connection within the TLS handshake; if it speaks plain "
                    "HTTP, its URL starts with http://"};
            case IoEnd::failed:
                if (failure_) return *failure_;
                return Error{
                    Errc::connect_failed,
                    "the connection failed within the TLS handshake: " +
                        std::generic_category().message(transfer.error)};
        }
    }
}

Transfer TlsChannel::read_some(char* data, std::size_t size, const IoBounds& bounds) {
    for (;;) {
        // Asked before each receive: data that never stops coming must not outlive the deadline.
        const IoEnd end = check_bounds(bounds);
        if (end != IoEnd::ready) return {end, 0, 0};
        ERR_clear_error();
        const int n = SSL_read(ssl_.get(), data, clamped(size));
        if (n > 0) {
            answered_ = true;
            return {IoEnd::ready, static_cast<std::size_t>(n), 0};
        }
        const Transfer transfer = wait_after(n, bounds);
        if (transfer.end != IoEnd::ready) return transfer;
    }
}

Transfer TlsChannel::write_all(const char* data, std::size_t size, const IoBounds& bounds) {
    std::size_t done = 0;
    while (done < size) {
        const IoEnd end = check_bounds(bounds);
        if (end != IoEnd::ready) return {end, done, 0};
        ERR_clear_error();
        const int n = SSL_write(ssl_.get(), data + done, clamped(size - done));
        if (n > 0) {
            done += static_cast<std::size_t>(n);
            continue;
        }
        const Transfer transfer = wait_after(n, bounds);
        if (transfer.end != IoEnd::ready) return {transfer.end, done, transfer.error};
    }
    return {IoEnd::ready, done, 0};
}

Transfer TlsChannel::wait_after(int result, const IoBounds& bounds) {
    const int outcome = SSL_get_error(ssl_.get(), result);
    if (outcome == SSL_ERROR_WANT_READ || outcome == SSL_ERROR_WANT_WRITE) {
        const short events = outcome == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        return {wait_ready(socket_.descriptor, events, bounds), 0, errno};
    }
    if (outcome == SSL_ERROR_ZERO_RETURN) return {IoEnd::closed, 0, 0};
    usable_ = false;
    if (socket_.ended || outcome == SSL_ERROR_SYSCALL) {
        if (!answered_) failure_ = certificate_failure(findings_, options_);
        if (socket_.ended) return {IoEnd::cut, 0, 0};
        return {IoEnd::failed, 0, socket_.error};
    }
    failure_ = tls_failure(findings_, server_, options_);
    return {IoEnd::failed, 0, 0};
}

}  // namespace rollcall::http
