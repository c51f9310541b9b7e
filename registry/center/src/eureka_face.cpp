#include "eureka_face.h"

#include "help.h"

#include <utility>

namespace rollcall::registry {

using http::Request;
using http::Response;

bool wants_eureka_json(const Request& request) {
    return request.header("Accept").value_or("").find("json") != std::string_view::npos;
}

Response eureka_answer(int status, const Request& request, EurekaLists::Texts body) {
    Response response = Response::empty(status);
    response.content_type = wants_eureka_json(request) ? "application/json" : "application/xml";
    response.more = std::move(body);
    response.add_header("Cache-Control", "no-store");
    response.add_header("Vary", "Accept");
    return response;
}

EurekaFace::EurekaFace(Center& center)
    : center_(center),
      json_(center.store, clock_, EurekaFormat::json),
      xml_(center.store, clock_, EurekaFormat::xml) {
}

EurekaLists& EurekaFace::lists_for(const Request& request) {
    return wants_eureka_json(request) ? json_ : xml_;
}

EurekaFace::Path EurekaFace::path_of(const Request& request) {
    Path path{request.path};
    if (path.empty() || path.front() != "eureka") return {};
    path = path.subspan(1);
    if (!path.empty() && path.front() == "v2") path = path.subspan(1);
    return path;
}

bool EurekaFace::prepare(const Request& request, const EurekaLists::Enough& enough) {
    const Path path = path_of(request);
    if (request.method != "GET" || path.empty() || path.size() > 2) return true;
    const bool is_vip = path.size() == 2 && (path[0] == "vips" || path[0] == "svips");
    if (!is_vip && path[0] != "apps") return true;
    if (is_vip || path.size() == 1 || path[1] == "delta") return lists_for(request).prepare(enough);
    const Result<std::string> service = normalized_service(path[1]);
    return !service || lists_for(request).prepare(*service, enough);
}

std::optional<Response> EurekaFace::handle(const Request& request, TimePoint now) {
    const Path path = path_of(request);
    if (path.empty()) return std::nullopt;
    const std::string& resource = path.front();
    if (resource == "apps") return below_apps(path.subspan(1), request, now);
    if (path.size() != 2) return std::nullopt;
    if (resource != "vips" && resource != "svips" && resource != "instances") return std::nullopt;
    if (request.method != "GET") return method_not_allowed(request, "GET, HEAD");
    if (resource == "instances") return by_id(path[1], request, now);
    return lists(path, request, now);
}

std::optional<Response> EurekaFace::below_apps(Path path, const Request& request, TimePoint now) {
    const std::string& method = request.method;
    if (path.empty() || (path.size() == 1 && method == "GET")) {
        if (method != "GET") return method_not_allowed(request, "GET, HEAD");
        return lists(path, request, now);
    }
    if (path.size() == 1) {
        if (method == "POST") return add(path[0], request, now);
        return method_not_allowed(request, "GET, HEAD, POST");
    }
    if (path.size() > 3) return std::nullopt;
    // What cannot be a service has no instances.
    const Name name{normalized_service(path[0]).value_or(std::string{}), path[1]};
    if (path.size() == 2) return instance(name, request, now);
    if (path[2] == "status") {
        if (method == "PUT") return set_override(name, request, now);
        if (method == "DELETE") return clear_override(name, request, now);
        return method_not_allowed(request, "PUT, DELETE");
    }
    if (path[2] != "metadata") return std::nullopt;
    if (method == "PUT") return add_metadata(name, request, now);
    return method_not_allowed(request, "PUT");
}

Response EurekaFace::lists(Path path, const Request& request, TimePoint now) {
    if (center_.warming_up(now)) {
        // Without a body: some clients take any that parses for a list.
        return Response::empty(503).with_header("Retry-After", "1");
    }
    EurekaLists& lists = lists_for(request);
    if (path.empty()) return eureka_answer(200, request, lists.apps());
    if (path.size() == 2) {
        const EurekaVip kind = path[0] == "vips" ? EurekaVip::plain : EurekaVip::secure;
        return eureka_answer(200, request, lists.by_vip(kind, path[1]));
    }
    if (path[0] == "delta") return eureka_answer(200, request, lists.delta(now));
    const Result<std::string> service = normalized_service(path[0]);
    EurekaLists::Texts texts = service ? lists.app(*service) : EurekaLists::Texts{};
    return texts.empty() ? Response::empty(404) : eureka_answer(200, request, std::move(texts));
}

Response EurekaFace::by_id(const std::string& id, const Request& request, TimePoint now) {
    for (const auto& [service, record] : center_.store.services()) {
        if (record.instances.contains(id)) return instance({service, id}, request, now);
    }
    return Response::empty(404);
}

Response EurekaFace::instance(const Name& name, const Request& request, TimePoint now) {
    if (request.method == "PUT") return beat(name, request, now);
    if (request.method == "DELETE") return remove(name, now);
    if (request.method != "GET") return method_not_allowed(request, "GET, HEAD, PUT, DELETE");
    const LeaseRecord* const record = find_instance(name);
    if (record == nullptr) return Response::empty(404);
    return eureka_answer(
        200, request, {std::make_shared<const std::string>(lists_for(request).instance(*record))}
    );
}

const LeaseRecord* EurekaFace::find_instance(const Name& name) const {
    return center_.store.find(name.service, name.id);
}

}  // namespace rollcall::registry
