#include <rollcall/base/home_process.h>
#include <rollcall/base/log.h>
#include <rollcall/http/page.h>
#include <rollcall/http/server.h>
#include <rollcall/inspect/inspector.h>
#include <rollcall/rpc/server_report.h>

#include "call_bridge.h"
#include "gate.h"
#include "json_value.h"
#include "metrics.h"

#include <stdexcept>
#include <utility>

namespace rollcall::inspect {

// Made of page/ at build time.
extern const http::Page kPage;

namespace {

using http::Request;
using http::Response;

Endpoint listen_of(const InspectorOptions& options) {
    Result<Endpoint> endpoint = Endpoint::parse(options.listen);
    if (!endpoint)
        throw std::invalid_argument{"InspectorOptions::listen: " + endpoint.error().message()};
    if (endpoint->is_unix())
        throw std::invalid_argument{"InspectorOptions::listen must be host:port"};
    return *std::move(endpoint);
}

void check(const InspectorOptions& options) {
    const auto require = [](bool holds, const char* sentence) {
        if (!holds) throw std::invalid_argument{sentence};
    };
    require(options.connections_max > 0, "InspectorOptions::connections_max must be positive");
    require(options.calls_max > 0, "InspectorOptions::calls_max must be positive");
    require(options.body_bytes_max > 0, "InspectorOptions::body_bytes_max must be positive");
    require(
        options.call_timeout > Duration::zero() && options.call_timeout_max >= options.call_timeout,
        "InspectorOptions::call_timeout must be positive and at most call_timeout_max"
    );
}

http::ServerOptions http_options(const InspectorOptions& options, const Endpoint& listen) {
    http::ServerOptions http;
    http.listen = listen;
    http.body_bytes_max = options.body_bytes_max;
    http.connections_max = options.connections_max;
    http.tls = options.tls;
    http.log = options.log;
    return http;
}

Response fresh(Response response) {
    return std::move(response)
        .with_header("Cache-Control", "no-store")
        .with_header("X-Content-Type-Options", "nosniff");
}

Response report(const codec::Raw& map) {
    return fresh(Response::json(200, json::write_json(json::from_message_pack(map.bytes()))));
}

Response nothing_here(const Request& request) {
    return Response::error(
        404,
        "no_such_resource",
        "there is nothing at " + printable(request.target, 100) +
            "; there are /, /healthz, /metrics, /v1/stats, /v1/connections, /v1/methods and "
            "/rpc/METHOD"
    );
}

}  // namespace

class Inspector::Impl {
public:
    Impl(rpc::ServerView view, InspectorOptions options)
        : view_(std::move(view)),
          options_(std::move(options)),
          listen_(listen_of(options_)),
          gate_(options_, listen_),
          http_(
              http_options(options_, listen_),
              [this](const Request& request, http::Responder responder) {
                  handle(request, std::move(responder));
              }
          ),
          bridge_(view_, options_, http_) {
        check(options_);
        http_.start();
        view_.announce_admin(url());
    }

    // A forked child may do nothing else with it.
    ~Impl() {
        if (!home_.is_here()) return;
        view_.announce_admin("");
        bridge_.stop();
        http_.stop();
    }

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    [[nodiscard]] Endpoint endpoint() const { return http_.endpoint(); }

    [[nodiscard]] std::string url() const {
        return (options_.tls.enabled() ? "https://" : "http://") + endpoint().to_string();
    }

private:
    void handle(const Request& request, http::Responder responder) {
        if (const auto refusal = gate_.refuse(request)) return responder.respond(*refusal);
        if (!request.path.empty() && request.path.front() == "rpc")
            return bridge_.handle(request, std::move(responder));
        responder.respond(answer(request));
    }

    [[nodiscard]] Response answer(const Request& request) const {
        const auto is = [&](std::string_view first, std::string_view second = {}) {
            const auto& path = request.path;
            const std::size_t size = second.empty() ? 1 : 2;
            return path.size() == size && path[0] == first && (size == 1 || path[1] == second);
        };
        using Answer = Response (Impl::*)() const;
        Answer found = nullptr;
        if (is("healthz")) found = &Impl::healthz;
        if (is("metrics")) found = &Impl::metrics;
        if (is("v1", "stats")) found = &Impl::stats;
        if (is("v1", "connections")) found = &Impl::connections;
        if (is("v1", "methods")) found = &Impl::methods;
        if (found == nullptr && !request.path.empty()) return nothing_here(request);
        if (request.method != "GET") return http::method_not_allowed(request, "GET, HEAD");
        return found == nullptr ? http::page_response(request, kPage) : (this->*found)();
    }

    [[nodiscard]] Response healthz() const {
        const rpc::ServerStatus status = view_.health().status;
        const int code = status == rpc::ServerStatus::serving ? 200 : 503;
        return fresh(Response::text(code, std::string{name_of(status)}));
    }

    [[nodiscard]] Response metrics() const {
        Response response;
        response.body = std::make_shared<const std::string>(metrics_text(
            view_.health(), view_.stats(), view_.method_stats(), options_.client_metrics.get()
        ));
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        return fresh(std::move(response));
    }

    [[nodiscard]] Response stats() const {
        return report(rpc::stats_report(view_.health(), view_.stats(), view_.method_stats()));
    }

    [[nodiscard]] Response connections() const {
        return report(rpc::connections_report(view_.connections(options_.listed_connections)));
    }

    [[nodiscard]] Response methods() const {
        json::Json list = json::Json::array();
        for (const rpc::MethodStats& method : view_.method_stats()) {
            if (method.name == rpc::CallMetrics::kUnknown) continue;
            json::Json row = json::Json::object();
            row["name"] = method.name;
            row["signature"] = method.signature;
            row["idempotent"] = method.idempotent;
            list.push_back(std::move(row));
        }
        return fresh(Response::json(200, json::write_json(list)));
    }

    const HomeProcess home_;
    const rpc::ServerView view_;
    const InspectorOptions options_;
    const Endpoint listen_;
    const Gate gate_;
    http::Server http_;
    CallBridge bridge_;
};

Inspector::Inspector(const rpc::Server& server, InspectorOptions options)
    : impl_(std::make_unique<Impl>(server.view(), std::move(options))) {
}

Inspector::~Inspector() = default;

Endpoint Inspector::endpoint() const {
    return impl_->endpoint();
}

std::string Inspector::url() const {
    return impl_->url();
}

}  // namespace rollcall::inspect
