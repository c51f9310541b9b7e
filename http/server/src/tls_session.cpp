#include "tls_session.h"

#include <asio/error.hpp>

namespace rollcall::http {
namespace {

using State = tls::Step::State;

TlsStep in_words_of_asio(const tls::Step& step) {
    using Want = TlsStep::Want;
    switch (step.state) {
        case State::done:
            return {Want::nothing, step.bytes};
        case State::wants_read:
            return {Want::read};
        case State::wants_write:
            return {Want::write};
        case State::closed:
        case State::cut:
            return {Want::nothing, 0, asio::error::eof};
        case State::failed:
            break;
    }
    return {Want::nothing, 0, asio::error::connection_aborted};
}

}  // namespace

TlsSession::TlsSession(
    int descriptor, const tls::Context& context, const std::string& client_ca_file
)
    : session_(tls::Session::accept(descriptor, context, client_ca_file)) {
}

TlsSession::~TlsSession() {
    session_->say_goodbye();
}

TlsStep TlsSession::handshake() {
    return in_words_of_asio(session_->handshake());
}

TlsStep TlsSession::read(void* data, std::size_t size) {
    return in_words_of_asio(session_->read(static_cast<char*>(data), size));
}

TlsStep TlsSession::write(const void* data, std::size_t size) {
    return in_words_of_asio(session_->write(static_cast<const char*>(data), size));
}

std::string TlsSession::reason() const {
    return session_->failure() ? session_->failure()->message() : "no reason given";
}

}  // namespace rollcall::http
