#include <rollcall/base/home_process.h>
#include <rollcall/http/server.h>
#include <rollcall/registry/registry_server.h>

#include "access.h"
#include "center.h"
#include "faces.h"
#include "help.h"
#include "metrics.h"
#include "rejected_tokens.h"
#include "request_times.h"
#include "watch_api.h"

#include <cstdint>
#include <stdexcept>

namespace rollcall::registry {
namespace {

constexpr Duration kPreparedAtMost = std::chrono::seconds{5};

http::ServerOptions server_options(const RegistryServerOptions& options) {
    http::ServerOptions server;
    server.listen = options.listen;
    server.connections_max = options.connections_max;
    server.request_memory_max = options.request_memory_max;
    server.tls = options.tls;
    server.log = options.log;
    return server;
}

Access access_of(const RegistryServerOptions& options) {
    auto access = Access::load(options.token_file);
    if (!access) throw std::invalid_argument{access.error().message()};
    return *std::move(access);
}

// Whether it keeps leases alive or changes what is listed: done as it is read. The rest waits.
bool is_query(const http::Request& request) {
    const bool is_watch = request.method == "POST" && request.path.size() == 2 &&
                          request.path[0] == "v1" && request.path[1] == "watch";
    return request.method == "GET" || is_watch;
}

// Some of Eureka's clients take any body that parses for a list.
http::Response readable_by(const http::Request& request, http::Response refusal) {
    if (!request.path.empty() && request.path.front() == "eureka") {
        refusal.body = nullptr;
        refusal.content_type.clear();
    }
    return refusal;
}

http::Response overloaded() {
    return http::Response::error(
               503, "overloaded", "more is asked than this registry can answer; ask again later"
    )
        .with_header("Retry-After", "2");
}

}  // namespace

class RegistryServer::Impl {
public:
    explicit Impl(RegistryServerOptions options)
        : center_(std::move(options)),
          access_(access_of(center_.options)),
          rejected_(center_.options.connections_max),
          faces_(center_),
          queries_(
              [this](std::function<void()> work) { server_.post(std::move(work)); },
              center_.options.queries_max
          ),
          watch_(center_, server_, queries_),
          server_(
              server_options(center_.options),
              [this](const http::Request& request, http::Responder responder) {
                  handle(request, std::move(responder));
              }
          ) {}

    // A forked child, which may do nothing else with it, writes nothing.
    ~Impl() {
        if (home_.is_here()) stop();
    }

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void start() {
        center_.start(SteadyClock::now());
        server_.start();
        if (const auto warning = exposure_of(center_.options)) {
            center_.options.log.warning(*warning);
        }
        server_.post([this] { sweep(); });
    }

    void stop() {
        server_.stop();
        center_.finish(SteadyClock::now());
    }

    void reload() {
        const Log& log = center_.options.log;
        const auto keep = [&log](const Error& error) {
            log.error("cannot reload, the former is kept: " + error.message());
        };
        auto access = Access::load(center_.options.token_file);
        if (!access) keep(access.error());
        const auto encrypted = server_.reload_tls();
        if (!encrypted) keep(encrypted.error());
        if (access && encrypted) log.info("tokens and certificates were read again");
        if (access) server_.post([this, access = *std::move(access)] { use(access); });
    }

    [[nodiscard]] std::string url() const {
        const char* const scheme = center_.options.tls.enabled() ? "https://" : "http://";
        return scheme + server_.endpoint().to_string();
    }

    http::Server& server() { return server_; }

private:
    struct Query {
        http::Request request;
        http::Responder responder;
        TimePoint asked;
        std::uint64_t reloads;  // when it was let in
    };

    void use(const Access& access) {
        access_ = access;
        ++reloads_;
        watch_.revoke(access_);
    }

    void handle(const http::Request& request, http::Responder responder) {
        const TimePoint asked = SteadyClock::now();
        if (auto refusal = access_.refuse(request)) {
            return refuse(request, std::move(responder), *std::move(refusal), asked);
        }
        if (!is_query(request)) return answer(request, std::move(responder), asked);
        if (queries_.size() >= center_.options.queries_max) {
            times_.add(kOverloadedRoute, SteadyClock::now() - asked);
            return responder.respond(readable_by(request, overloaded()));
        }
        // A std::function must be copyable; what it holds need not be.
        auto query = std::make_shared<Query>(Query{request, std::move(responder), asked, reloads_});
        static_cast<void>(queries_.push([this, query] { answer(query); }));
    }

    void refuse(
        const http::Request& request,
        http::Responder responder,
        http::Response refusal,
        TimePoint asked
    ) {
        if (refusal.status == 401 && request.header("Authorization")) {
            ++center_.counters.rejected_tokens;
            refusal.close = rejected_.add(request.connection, request.peer);
            report_rejected(asked);
        }
        times_.add(kRefusedRoute, SteadyClock::now() - asked);
        responder.respond(readable_by(request, std::move(refusal)));
    }

    void report_rejected(TimePoint now) {
        if (const auto line = rejected_.report(now)) center_.options.log.warning(*line);
    }

    // What a query may see is what its token may see when it is answered.
    // While more changes than can be written down, an answer must come all the same.
    bool is_prepared(const Query& query) {
        return SteadyClock::now() - query.asked > kPreparedAtMost ||
               faces_.prepare(query.request, [this] { return queries_.slice_is_over(); });
    }

    // One that takes long is done in parts, and others in between.
    void answer(const std::shared_ptr<Query>& query) {
        const http::Request& request = query->request;
        if (auto refusal = query->reloads == reloads_ ? std::nullopt : access_.refuse(request)) {
            refuse(request, std::move(query->responder), *std::move(refusal), query->asked);
        } else if (!is_prepared(*query)) {
            queries_.push_always([this, query] { answer(query); });
        } else {
            answer(request, std::move(query->responder), query->asked);
        }
    }

    void answer(const http::Request& request, http::Responder responder, TimePoint asked) {
        const TimePoint now = SteadyClock::now();
        // What has expired a moment ago is not listed just because nobody has looked yet.
        center_.sweep(now);
        if (!watch_.handle(request, responder, now)) responder.respond(face_answer(request, now));
        publish(now);
        times_.add(route_of(request, center_.options.header_path), SteadyClock::now() - asked);
    }

    http::Response face_answer(const http::Request& request, TimePoint now) {
        if (auto response = faces_.handle(request, now)) return *std::move(response);
        if (auto response = metrics_answer(request, center_, times_, server_.connections(), now)) {
            return *std::move(response);
        }
        return no_such_resource(request, center_.options.header_path);
    }

    void publish(TimePoint now) {
        center_.publish(now);
        if (center_.watches.next() <= now) watch_.wake(now);
    }

    void sweep() {
        const TimePoint now = SteadyClock::now();
        center_.sweep(now);
        publish(now);
        report_rejected(now);
        server_.after(center_.sweep_interval(), [this] { sweep(); });
    }

    const HomeProcess home_;
    Center center_;
    Access access_;
    std::uint64_t reloads_ = 0;
    RejectedTokens rejected_;
    Faces faces_;
    RequestTimes times_;
    QueryQueue queries_;
    WatchApi watch_;
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
    return impl_->url();
}

void RegistryServer::reload() {
    impl_->reload();
}

void RegistryServer::stop() {
    impl_->stop();
}

}  // namespace rollcall::registry
