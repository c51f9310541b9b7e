#include "tls_settings.h"

#include <map>
#include <tuple>
#include <utility>

namespace rollcall::rpc {
namespace {

constexpr const char* kProtocol = "rollcall";
// Agreed with HTTP clients that come to the wrong port, so that they can be told.
constexpr const char* kHttp = "http/1.1";
constexpr const char* kIfPlain = "if it speaks plain MessagePack-RPC, leave ClientOptions::tls out";

Result<tls::Context> read_client_context(const tls::ClientOptions& options) {
    auto context = tls::client_context(options);
    if (context) tls::offer_protocols(*context, {kProtocol});
    return context;
}

Result<tls::Context> read_server_context(const tls::ServerOptions& options) {
    auto context = tls::server_context(options);
    if (context) tls::accept_protocols(*context, {kProtocol, kHttp});
    return context;
}

std::shared_ptr<tls::FreshContext> shared_context(const tls::ClientOptions& options) {
    using Key = std::tuple<std::string, std::string, std::string>;
    static std::mutex mutex;
    static std::map<Key, std::weak_ptr<tls::FreshContext>> contexts;
    const std::lock_guard lock{mutex};
    std::erase_if(contexts, [](const auto& each) { return each.second.expired(); });
    auto& known = contexts[{options.ca_file, options.certificate_file, options.key_file}];
    auto context = known.lock();
    if (!context) {
        context = std::make_shared<tls::FreshContext>(
            std::vector{options.ca_file, options.certificate_file, options.key_file},
            [options] { return read_client_context(options); }
        );
        known = context;
    }
    return context;
}

std::string verified_name(const ClientOptions& options, const Endpoint& server) {
    if (!options.tls_server_name.empty()) return options.tls_server_name;
    return server.is_unix() ? std::string{} : server.host();
}

}  // namespace

bool SaidOnce::is_new(const std::string& text) {
    const std::lock_guard lock{mutex_};
    if (last_ == text) return false;
    last_ = text;
    return true;
}

void SaidOnce::forget() {
    const std::lock_guard lock{mutex_};
    last_.clear();
}

// ---- clients

std::shared_ptr<ClientTls> ClientTls::make(const ClientOptions& options, const Endpoint& server) {
    if (!options.tls) return nullptr;
    tls::ServerName name{verified_name(options, server), *options.tls, kIfPlain};
    return std::shared_ptr<ClientTls>{
        new ClientTls{std::move(name), shared_context(*options.tls), options.log}};
}

ClientTls::ClientTls(tls::ServerName name, std::shared_ptr<tls::FreshContext> context, Log log)
    : name_(std::move(name)), context_(std::move(context)), log_(std::move(log)) {
}

Result<std::unique_ptr<tls::Session>> ClientTls::begin(int descriptor) {
    // Not an exception of the client's constructor: what a registry lists must not throw.
    if (name_.host.empty()) {
        return Error{
            Errc::invalid_argument,
            "give ClientOptions::tls_server_name: a Unix domain socket has no name that a "
            "certificate could be for"};
    }
    const auto read = context_->refresh();
    const tls::Context context = context_->get();
    if (!context) return read.error();
    if (read) {
        said_.forget();
    } else if (said_.is_new(read.error().message())) {
        log_.warning("the former certificates are used on: " + read.error().message());
    }
    return tls::Session::connect(descriptor, context, name_);
}

// ---- servers

ServerTls::ServerTls(const tls::ServerOptions& options, Log log, std::string server)
    : options_(options),
      log_(std::move(log)),
      server_(std::move(server)),
      context_({options.certificate_file, options.key_file, options.client_ca_file}, [options] {
          return read_server_context(options);
      }) {
}

Result<void> ServerTls::reload() {
    auto read = context_.reload();
    if (read) said_.forget();
    return read;
}

void ServerTls::look() {
    const auto read = context_.refresh();
    if (!read) {
        if (said_.is_new(read.error().message())) {
            log_.warning(
                "server " + server_ +
                ": the former certificate is used on, and its files are tried again: " +
                read.error().message()
            );
        }
        return;
    }
    said_.forget();
    if (*read) log_.info("server " + server_ + ": has read its certificate anew");
}

std::unique_ptr<tls::Session> ServerTls::begin(int descriptor) const {
    return tls::Session::accept(descriptor, context_.get(), options_.client_ca_file);
}

}  // namespace rollcall::rpc
