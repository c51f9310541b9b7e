#include <rollcall/http/server.h>
#include <rollcall/registry/registry_server.h>

#include "center.h"
#include "header_face.h"
#include "help.h"
#include "native_api.h"

namespace rollcall::registry {
namespace {

http::ServerOptions server_options(const RegistryServerOptions& options) {
    http::ServerOptions server;
    server.listen = options.listen;
    server.connections_max = options.connections_max;
    server.log = options.log;
    return server;
}

}  // namespace

class RegistryServer::Impl {
public:
    explicit Impl(RegistryServerOptions options)
        : center_(std::move(options)),
          native_(center_),
          header_(center_),
          server_(
              server_options(center_.options),
              [this](const http::Request& request, http::Responder responder) {
                  responder.respond(answer(request, SteadyClock::now()));
              }
          ) {}

    void start() {
        center_.started = SteadyClock::now();
        server_.start();
        server_.post([this] { sweep(); });
    }

    http::Server& server() { return server_; }

private:
    http::Response answer(const http::Request& request, TimePoint now) {
        // What has expired a moment ago is not listed just because nobody has looked yet.
        center_.sweep(now);
        http::Response response = face_answer(request, now);
        center_.publish([](const Change&) {});
        return response;
    }

    http::Response face_answer(const http::Request& request, TimePoint now) {
        if (auto response = header_.handle(request, now)) return *std::move(response);
        if (auto response = native_.handle(request, now)) return *std::move(response);
        return no_such_resource(request, center_.options.header_path);
    }

    void sweep() {
        center_.sweep(SteadyClock::now());
        center_.publish([](const Change&) {});
        server_.after(center_.sweep_interval(), [this] { sweep(); });
    }

    Center center_;
    NativeApi native_;
    HeaderFace header_;
    http::Server server_;  // last: its thread uses the rest
};

RegistryServer::RegistryServer(RegistryServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {
}

RegistryServer::~RegistryServer() = default;

void RegistryServer::start() {
    impl_->start();
}

Endpoint RegistryServer::endpoint() const {
    return impl_->server().endpoint();
}

std::string RegistryServer::url() const {
    return "http://" + endpoint().to_string();
}

void RegistryServer::stop() {
    impl_->server().stop();
}

}  // namespace rollcall::registry
