#include "http/tls_peer.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <vector>

namespace rollcall::tests {

TlsPeer::TlsPeer(RawPeer& peer, const tls::ServerOptions& options, int newest) {
    auto context = tls::server_context(options);
    if (!context) throw std::runtime_error{context.error().message()};
    context_ = *context;
    SSL_CTX_set_max_proto_version(context_.get(), newest == 12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    ssl_ = SSL_new(context_.get());
    SSL_set_fd(ssl_, peer.descriptor());
    connected_ = SSL_accept(ssl_) == 1;
}

TlsPeer::~TlsPeer() {
    SSL_free(ssl_);
    ERR_clear_error();
}

std::string TlsPeer::read_head() {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
        char byte = 0;
        if (SSL_read(ssl_, &byte, 1) != 1) break;
        head += byte;
    }
    return head;
}

void TlsPeer::skip(std::size_t bytes) {
    std::vector<char> buffer(bytes);
    std::size_t done = 0;
    while (done < bytes) {
        const int n = SSL_read(ssl_, buffer.data(), static_cast<int>(bytes - done));
        if (n <= 0) return;
        done += static_cast<std::size_t>(n);
    }
}

bool TlsPeer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const int n = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

void TlsPeer::goodbye() {
    SSL_shutdown(ssl_);
}

}  // namespace rollcall::tests
