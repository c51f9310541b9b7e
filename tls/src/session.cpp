#include <rollcall/base/endpoint.h>
#include <rollcall/tls/session.h>

#include "failure.h"
#include "findings.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <limits>
#include <new>
#include <system_error>
#include <utility>

namespace rollcall::tls {
namespace {

// The alerts of a server that does not accept a client's certificate or its offers. Only these say
// that nothing was read: a damaged record may come after others.
bool refuses_client(int reason) {
    switch (reason - SSL_AD_REASON_OFFSET) {
        case SSL_AD_HANDSHAKE_FAILURE:
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case SSL_AD_ACCESS_DENIED:
        case SSL_AD_DECRYPT_ERROR:  // of a signature; a record's is SSL_AD_BAD_RECORD_MAC
        case SSL_AD_PROTOCOL_VERSION:
        case SSL_AD_UNRECOGNIZED_NAME:
        case SSL_AD_CERTIFICATE_REQUIRED:
        case SSL_AD_NO_APPLICATION_PROTOCOL:
            return true;
        default:
            return false;
    }
}

using State = Step::State;

// Of what is not sent while more is read: more than one record.
constexpr std::size_t kUnsentMax = std::size_t{64} << 10U;

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

}  // namespace

void Session::Free::operator()(ssl_st* ssl) const noexcept {
    SSL_free(ssl);
}

Session::Session(int descriptor, const Context& context)
    : socket_{descriptor},
      findings_(std::make_unique<Findings>()),
      ssl_(context ? SSL_new(context.get()) : nullptr) {
    BIO* const bio = ssl_ ? new_socket_bio(socket_) : nullptr;
    if (bio == nullptr) throw std::bad_alloc{};
    SSL_set_bio(ssl_.get(), bio, bio);
    // An idle connection gives its two 17 KiB buffers back.
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
    // A peer that sends key updates without end does not keep the thread: each is a step.
    SSL_clear_mode(ssl_.get(), SSL_MODE_AUTO_RETRY);
}

std::unique_ptr<Session> Session::accept(
    int descriptor, const Context& context, std::string client_ca_file
) {
    std::unique_ptr<Session> session{new Session{descriptor, context}};
    session->client_ca_file_ = std::move(client_ca_file);
    record_client(*session->ssl_, *session->findings_);
    SSL_set_accept_state(session->ssl_.get());
    return session;
}

Result<std::unique_ptr<Session>> Session::connect(
    int descriptor, const Context& context, ServerName server
) {
    std::unique_ptr<Session> session{new Session{descriptor, context}};
    if (auto expected = session->expect(server); !expected) return expected.error();
    session->server_ = std::move(server);
    return session;
}

Session::~Session() = default;

Result<void> Session::expect(const ServerName& server) {
    record_server(*ssl_, *findings_);
    SSL_set_connect_state(ssl_.get());
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const char* const host = server.host.c_str();
    // An address is no server name and is looked for among the addresses in the certificate.
    const bool named = Endpoint{server.host, 0}.is_name()
                           ? set_server_name(*ssl_, host) && SSL_set1_host(ssl_.get(), host) == 1
                           : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host) == 1;
    if (named) return {};
    return Error{
        Errc::connect_failed, "TLS cannot be begun with " + server.host + ": " + take_reason()};
}

Step Session::send_rest() {
    if (socket_.unsent.empty()) return {};
    if (!tls::send_rest(socket_)) {
        usable_ = false;
        note_failure(true);
        return {State::failed, 0, socket_.error};
    }
    return {socket_.unsent.empty() ? State::done : State::wants_write};
}

Step Session::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    const Step step = result == 1 ? Step{} : step_after(result);
    const bool goes_on = result == 1 || step.state == State::wants_read;
    if (const Step rest = send_rest(); goes_on && rest.state != State::done) return rest;
    if (result == 1) usable_ = shaken_ = true;
    return step;
}

Step Session::read(char* data, std::size_t size) {
    if (size == 0) return {};
    if (read_end_) return *read_end_;
    // That nothing can be sent any more does not mean that there is nothing to read.
    if (const Step rest = send_rest(); rest.state == State::wants_write) {
        // One that has its keys renewed all the time, and never reads that they are.
        if (socket_.unsent.size() > kUnsentMax) return rest;
    }
    ERR_clear_error();
    const int n = SSL_read(ssl_.get(), data, clamped(size));
    if (n > 0) {
        answered_ = true;
        return {State::done, static_cast<std::size_t>(n)};
    }
    const Step step = step_after(n);
    if (step.state != State::wants_read && step.state != State::wants_write) read_end_ = step;
    return step;
}

Step Session::write(const char* data, std::size_t size) {
    if (size == 0) return {};
    if (const Step rest = send_rest(); rest.state != State::done) return rest;
    if (in_flight_ > 0) return {State::done, std::exchange(in_flight_, 0)};
    ERR_clear_error();
    const int n = SSL_write(ssl_.get(), data, clamped(size));
    if (n <= 0) return step_after(n);
    if (socket_.unsent.empty()) return {State::done, static_cast<std::size_t>(n)};
    in_flight_ = static_cast<std::size_t>(n);
    return {State::wants_write};
}

Step Session::finish() {
    if (!usable_ || in_flight_ > 0) return {};
    ERR_clear_error();
    if (!std::exchange(goodbye_said_, true)) SSL_shutdown(ssl_.get());
    ERR_clear_error();
    const Step rest = send_rest();
    if (rest.state == State::wants_write) return rest;
    usable_ = false;
    return {};
}

void Session::say_goodbye() {
    static_cast<void>(finish());
}

bool Session::has_pending() const {
    return SSL_pending(ssl_.get()) > 0;
}

std::optional<PeerCertificate> Session::peer_certificate() const {
    const X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    const bool accepted = certificate != nullptr && SSL_get_verify_result(ssl_.get()) == X509_V_OK;
    if (!accepted) return std::nullopt;
    return read_certificate(*certificate);
}

Step Session::step_after(int result) {
    const int outcome = SSL_get_error(ssl_.get(), result);
    switch (outcome) {
        case SSL_ERROR_WANT_READ:
            return {State::wants_read};
        case SSL_ERROR_WANT_WRITE:
            return {State::wants_write};
        case SSL_ERROR_ZERO_RETURN:
            return {State::closed};
        default:
            break;
    }
    usable_ = false;
    note_failure(socket_.ended || outcome == SSL_ERROR_SYSCALL);
    ERR_clear_error();
    if (socket_.ended) return {State::cut};
    return {State::failed, 0, outcome == SSL_ERROR_SYSCALL ? socket_.error : 0};
}

void Session::note_failure(bool is_of_socket) {
    const unsigned long code = ERR_peek_last_error();
    const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    if (!server_) {
        plain_http_ = reason == SSL_R_HTTP_REQUEST;
        if (is_of_socket && shaken_) return;
        failure_ = is_of_socket ? client_left(socket_.ended ? 0 : socket_.error)
                                : client_failure(*findings_, client_ca_file_);
        return;
    }
    if (is_of_socket) {
        if (!answered_) failure_ = certificate_failure(*findings_, server_->options);
        if (!failure_ && !shaken_)
            failure_ = server_left(socket_.ended ? 0 : socket_.error, *server_);
        return;
    }
    was_refused_ = !answered_ && refuses_client(reason);
    failure_ = server_failure(*findings_, *server_);
}

}  // namespace rollcall::tls
