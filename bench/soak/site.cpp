#include "site.h"

#include <rollcall/registry/registry_server.h>
#include <rollcall/rpc/request_ids.h>
#include <rollcall/rpc/trace.h>

#include "serving.h"

#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <unistd.h>

namespace rollcall::soak {
namespace {

using bench::Listening;
using bench::ServerProcess;

// The destructors of a forked process must not run: they would end those that were forked before.
void or_exit(const std::function<void()>& serve) {
    try {
        serve();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "soak-test: %s\n", error.what());
    }
    std::fflush(nullptr);
    ::_exit(1);
}

void serve_registry(const Listening& listening) {
    registry::RegistryServerOptions options;
    options.listen = Endpoint{"127.0.0.1", 0};
    registry::RegistryServer server{options};
    server.start();
    listening(server.endpoint().port());
    for (;;)
        ::pause();
}

long seconds_of(Duration lifetime) {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(lifetime).count());
}

}  // namespace

rpc::Middlewares layers() {
    rpc::TraceOptions options;
    options.sample = 0.01;
    options.exporter = [](const rpc::Span&) {};
    return {rpc::request_ids(), rpc::trace(options)};
}

Site::Site(Duration lifetime) : authority_(seconds_of(lifetime) + 3600) {
    tests::Wanted wanted;
    wanted.ends = seconds_of(lifetime) + 3600;
    const tests::IdentityFiles identity = authority_.issue(wanted);
    addresses_.ca_file = authority_.file();
    registry_ = std::make_unique<ServerProcess>(
        [](const Listening& listening) { or_exit([&] { serve_registry(listening); }); },
        std::nullopt
    );
    addresses_.registry_url = "http://" + registry_->endpoint().to_string();
    const Serving serving{addresses_.registry_url, {identity.certificate, identity.key, ""}};
    for (std::size_t i = 0; i < kServers; ++i) {
        servers_.push_back(std::make_unique<ServerProcess>(
            [&](const Listening& listening) { or_exit([&] { serve(serving, listening); }); },
            std::nullopt
        ));
        addresses_.servers.push_back(servers_.back()->endpoint());
    }
}

std::vector<Site::Member> Site::members() const {
    std::vector<Member> all{{"registry", registry_->pid()}};
    for (const auto& server : servers_)
        all.push_back({"server " + std::to_string(all.size()), server->pid()});
    return all;
}

}  // namespace rollcall::soak
