#include <rollcall/base/log.h>
#include <rollcall/tls/context.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace rollcall::tls {
namespace {

Error wrong(std::string_view option, const std::string& file, const std::string& why) {
    return Error{
        Errc::invalid_argument, std::string{option} + " '" + printable(file) + "': " + why};
}

// Asked by itself, because OpenSSL does not tell a missing file from one without a certificate.
Result<void> readable(std::string_view option, const std::string& file) {
    errno = 0;
    if (std::ifstream{file}.peek() != std::ifstream::traits_type::eof()) return {};
    const std::string why = errno == 0 ? "it is empty" : std::generic_category().message(errno);
    return wrong(option, file, "cannot be read: " + why);
}

// The default asks on the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

Result<void> use_identity(
    SSL_CTX& context, const std::string& certificate, const std::string& key
) {
    if (certificate.empty() || key.empty()) {
        const bool no_key = key.empty();
        return wrong(
            no_key ? "certificate_file" : "key_file",
            no_key ? certificate : key,
            no_key ? "needs its key too; give key_file" : "needs certificate_file too"
        );
    }
    if (auto ok = readable("certificate_file", certificate); !ok) return ok;
    if (auto ok = readable("key_file", key); !ok) return ok;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(&context, certificate.c_str()) != 1) {
        return wrong("certificate_file", certificate, "no PEM certificate: " + take_reason());
    }
    SSL_CTX_set_default_passwd_cb(&context, no_passphrase);
    if (SSL_CTX_use_PrivateKey_file(&context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return wrong(
            "key_file",
            key,
            "no PEM key of that certificate, or one with a passphrase: " + take_reason()
        );
    }
    return {};
}

Result<void> believe(SSL_CTX& context, std::string_view option, const std::string& file) {
    if (auto ok = readable(option, file); !ok) return ok;
    ERR_clear_error();
    if (SSL_CTX_load_verify_file(&context, file.c_str()) == 1) return {};
    return wrong(option, file, "no PEM certificate: " + take_reason());
}

Result<Context> new_context(const SSL_METHOD* method) {
    Context context{SSL_CTX_new(method), &SSL_CTX_free};
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
        return Error{Errc::invalid_argument, "OpenSSL cannot be used: " + take_reason()};
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(
        context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
    );
    return context;
}

// Each with its length in front, as the wire has them.
std::string wire_form(const std::vector<std::string>& protocols) {
    std::string wire;
    for (const std::string& protocol : protocols) {
        wire += static_cast<char>(protocol.size());
        wire += protocol;
    }
    return wire;
}

const unsigned char* bytes_of(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

void free_text(void*, void* text, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<std::string*>(text);
}

// Where a context keeps the protocols that it accepts.
int protocols_index() {
    static const int kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_text);
    return kIndex;
}

int on_protocols(
    SSL*,
    const unsigned char** chosen,
    unsigned char* chosen_size,
    const unsigned char* offered,
    unsigned offered_size,
    void* mine
) {
    const auto& protocols = *static_cast<const std::string*>(mine);
    unsigned char* found = nullptr;
    const int result = SSL_select_next_proto(
        &found,
        chosen_size,
        bytes_of(protocols),
        static_cast<unsigned>(protocols.size()),
        offered,
        offered_size
    );
    if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<Context> client_context(const ClientOptions& options) {
    auto context = new_context(TLS_client_method());
    if (!context) return context;
    SSL_CTX& raw = **context;
    if (options.ca_file.empty()) {
        SSL_CTX_set_default_verify_paths(&raw);
    } else if (auto ok = believe(raw, "ca_file", options.ca_file); !ok) {
        return ok.error();
    }
    if (!options.certificate_file.empty() || !options.key_file.empty()) {
        auto ok = use_identity(raw, options.certificate_file, options.key_file);
        if (!ok) return ok.error();
    }
    SSL_CTX_set_verify(&raw, SSL_VERIFY_PEER, nullptr);
    return context;
}

Result<Context> server_context(const ServerOptions& options) {
    auto context = new_context(TLS_server_method());
    if (!context) return context;
    SSL_CTX& raw = **context;
    if (options.certificate_file.empty() && options.key_file.empty()) {
        return wrong(
            "client_ca_file",
            options.client_ca_file,
            "needs the server's own certificate too; give certificate_file and key_file"
        );
    }
    auto shown = use_identity(raw, options.certificate_file, options.key_file);
    if (!shown) return shown.error();
    SSL_CTX_set_session_cache_mode(&raw, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(&raw, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(&raw, 0);
    if (!options.client_ca_file.empty()) {
        auto believed = believe(raw, "client_ca_file", options.client_ca_file);
        if (!believed) return believed.error();
        // Tells clients which of their certificates would do; the context owns the list.
        SSL_CTX_set_client_CA_list(&raw, SSL_load_client_CA_file(options.client_ca_file.c_str()));
        SSL_CTX_set_verify(&raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return context;
}

void accept_protocols(const Context& context, const std::vector<std::string>& protocols) {
    auto wire = std::make_unique<std::string>(wire_form(protocols));
    if (SSL_CTX_set_ex_data(context.get(), protocols_index(), wire.get()) != 1) return;
    SSL_CTX_set_alpn_select_cb(context.get(), on_protocols, wire.release());
}

void offer_protocols(const Context& context, const std::vector<std::string>& protocols) {
    const std::string wire = wire_form(protocols);
    SSL_CTX_set_alpn_protos(context.get(), bytes_of(wire), static_cast<unsigned>(wire.size()));
}

std::string take_reason() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "no reason given" : reason;
}

}  // namespace rollcall::tls
