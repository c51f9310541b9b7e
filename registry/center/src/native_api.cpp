#include "native_api.h"

#include <rollcall/registry/instance_json.h>

#include "beat_reader.h"
#include "help.h"
#include "native_body.h"
#include "question.h"

#include <nlohmann/json.hpp>

namespace rollcall::registry {
namespace {

using http::Request;
using http::Response;

Response invalid(const Error& error) {
    return Response::error(400, "invalid", error.message());
}

Response replaced(std::string_view id) {
    return Response::error(
        409, "replaced", "a newer process has the id '" + printable(id) + "'; stop announcing it"
    );
}

Response full() {
    return Response::error(503, "full", "the registry holds as much as it may")
        .with_header("Retry-After", "5");
}

std::string_view incarnation_of(const Request& request) {
    return request.parameter("incarnation").value_or("");
}

// The list, or 304 if the client has it already.
Response list_or_unchanged(const IndexedText& list, const Request& request) {
    const auto known = request.header("If-None-Match");
    if (known && *known == '"' + list.index + '"') {
        return Response::empty(304)
            .with_header("Cache-Control", "no-store")
            .with_header("ETag", '"' + list.index + '"');
    }
    return list_answer(list);
}

// The instance that a PUT announces: the body, named by the path.
Result<Instance> announced(
    const std::string& service, const std::string& id, const Request& request
) {
    Result<Instance> instance = instance_from_json(request.body);
    if (!instance) return instance;
    if (!instance->service.empty()) {
        const Result<std::string> named = normalized_service(instance->service);
        if (!named) return named.error();
        if (*named != service) {
            return Error{Errc::invalid_argument, "the body names another service than the path"};
        }
    }
    if (!instance->id.empty() && instance->id != id) {
        return Error{Errc::invalid_argument, "the body names another id than the path"};
    }
    instance->service = service;
    instance->id = id;
    instance->via = "native";
    instance->addr.clear();
    instance->stale = false;
    return instance;
}

}  // namespace

std::optional<Response> NativeApi::handle(const Request& request, TimePoint now) {
    const auto& path = request.path;
    if (path.size() == 1 && path[0] == "healthz") {
        if (request.method != "GET") return method_not_allowed(request, "GET, HEAD");
        return Response::json(200, std::string{R"({"status":"ok"})"});
    }
    if (path.size() < 2 || path[0] != "v1") return std::nullopt;
    return path[1] == "services" ? below_services(request, now) : beside_services(request, now);
}

std::optional<Response> NativeApi::beside_services(const Request& request, TimePoint now) {
    const auto& path = request.path;
    if (path[1] == "heartbeat" && path.size() == 2) {
        if (request.method != "POST") return method_not_allowed(request, "POST");
        return beats(request, now);
    }
    if (path[1] == "status" && path.size() == 2) {
        if (request.method != "GET") return method_not_allowed(request, "GET, HEAD");
        return status(now);
    }
    if (path[1] == "leases" && path.size() == 2) {
        if (request.method != "GET") return method_not_allowed(request, "GET, HEAD");
        return leases(request, now);
    }
    return std::nullopt;
}

std::optional<Response> NativeApi::below_services(const Request& request, TimePoint now) {
    const auto& path = request.path;
    const bool get = request.method == "GET";
    if (path.size() == 2) {
        return get ? services(request, now) : method_not_allowed(request, "GET, HEAD");
    }
    if (path.size() == 3) {
        return get ? service(request, now) : method_not_allowed(request, "GET, HEAD");
    }
    if (path.size() == 4 && path[3] == "hold") {
        return request.method == "DELETE" ? end_hold(request, now)
                                          : method_not_allowed(request, "DELETE");
    }
    if (path[3] != "instances") return std::nullopt;
    if (path.size() == 5) return instance(request, now);
    if (path.size() == 6 && path[5] == "heartbeat") {
        return request.method == "PUT" ? beat(request, now) : method_not_allowed(request, "PUT");
    }
    return std::nullopt;
}

Response NativeApi::services(const Request& request, TimePoint now) {
    if (center_.warming_up(now)) return warming_up();
    return list_or_unchanged(center_.lists.services(), request);
}

Response NativeApi::service(const Request& request, TimePoint now) {
    const Result<std::string> service = normalized_service(request.path[2]);
    if (!service) return invalid(service.error());
    const Result<ListFilter> filter = ListFilter::of(request);
    if (!filter) return invalid(filter.error());
    if (center_.warming_up(now)) return warming_up();
    return list_or_unchanged(center_.lists.instances(*service, *filter, now), request);
}

Response NativeApi::end_hold(const Request& request, TimePoint now) {
    const Result<std::string> service = normalized_service(request.path[2]);
    if (!service) return invalid(service.error());
    const std::size_t ended = center_.store.end_hold(*service, now);
    return Response::json(200, nlohmann::json{{"ended", ended}}.dump());
}

// How each lease of a service stands: renewals are no changes, so lists do not tell.
Response NativeApi::leases(const Request& request, TimePoint now) {
    const Result<std::string> service =
        normalized_service(request.parameter("service").value_or(""));
    if (!service) return invalid(service.error());
    using Seconds = std::chrono::duration<double>;
    nlohmann::json leases = nlohmann::json::array();
    if (const ServiceRecord* const record = center_.store.find(*service)) {
        for (const auto& [id, lease] : record->instances) {
            leases.push_back(
                {{"id", id},
                 {"age", Seconds{now - lease.renewed}.count()},
                 {"left", Seconds{lease.expires - now}.count()}}
            );
        }
    }
    const nlohmann::json answer = {{"service", *service}, {"leases", std::move(leases)}};
    return Response::json(200, answer.dump()).with_header("Cache-Control", "no-store");
}

Response NativeApi::instance(const Request& request, TimePoint now) {
    Result<std::string> service = normalized_service(request.path[2]);
    if (!service) return invalid(service.error());
    const Name name{*std::move(service), request.path[4]};
    if (request.method == "PUT") return put(name, request, now);
    if (request.method == "PATCH") return patch(name, request, now);
    if (request.method == "DELETE") return remove(name, request, now);
    if (request.method != "GET") {
        return method_not_allowed(request, "GET, HEAD, PUT, PATCH, DELETE");
    }
    const LeaseRecord* const record = center_.store.find(name.service, name.id);
    if (record == nullptr) return not_registered(name);
    return Response::json(200, center_.lists.instance(*record, now))
        .with_header("Cache-Control", "no-store");
}

Response NativeApi::put(const Name& name, const Request& request, TimePoint now) {
    using Outcome = LeaseStore::PutOutcome;
    Result<Instance> instance = announced(name.service, name.id, request);
    if (!instance) return invalid(instance.error());
    if (const Result<void> ok = validate(*instance, center_.limits); !ok) {
        return invalid(ok.error());
    }
    const LeaseStore::Registration done = center_.put(*std::move(instance), now);
    if (done.outcome == Outcome::replaced) return replaced(name.id);
    if (done.outcome == Outcome::full) return full();
    return Response::json(
        done.outcome == Outcome::created ? 201 : 200,
        registration_answer(
            *done.record->instance, center_.lists.index(center_.store.index(name.service))
        )
    );
}

Response NativeApi::patch(const Name& name, const Request& request, TimePoint now) {
    const Result<InstanceChange> change = change_from_json(request.body);
    if (!change) return invalid(change.error());
    const LeaseRecord* const record = center_.store.find(name.service, name.id);
    if (record == nullptr) return not_registered(name);
    const std::string_view incarnation = incarnation_of(request);
    if (!incarnation.empty() && incarnation != record->instance->incarnation) {
        return replaced(name.id);
    }
    Instance changed = *record->instance;
    change->apply_to(changed);
    if (const Result<void> ok = validate(changed, center_.limits); !ok) return invalid(ok.error());
    if (center_.store.modify(std::move(changed), now) == LeaseStore::ModifyOutcome::full)
        return full();
    return Response::json(200, center_.lists.instance(*record, now));
}

Response NativeApi::remove(const Name& name, const Request& request, TimePoint now) {
    const auto outcome = center_.store.remove(name.service, name.id, incarnation_of(request), now);
    if (outcome == LeaseStore::RemoveOutcome::replaced) return replaced(name.id);
    return Response::empty(204);
}

Response NativeApi::beat(const Request& request, TimePoint now) {
    Result<std::string> service = normalized_service(request.path[2]);
    if (!service) return invalid(service.error());
    const Name name{*std::move(service), request.path[4]};
    switch (center_.renew(name.service, name.id, incarnation_of(request), now).outcome) {
        case LeaseStore::BeatOutcome::renewed:
            return Response::empty(204);
        case LeaseStore::BeatOutcome::replaced:
            return replaced(name.id);
        case LeaseStore::BeatOutcome::missing:
            break;
    }
    return not_registered(name);
}

Response NativeApi::beats(const Request& request, TimePoint now) {
    const Result<std::vector<Beat>> beats = beats_from_json(request.body);
    if (!beats) return invalid(beats.error());
    Duration ttl = center_.options.ttl;
    bool any = false;
    std::vector<std::string> missing;
    std::vector<std::string> replaced;
    for (const Beat& beat : *beats) {
        const auto renewal = center_.renew(beat.service, beat.id, beat.incarnation, now);
        switch (renewal.outcome) {
            case LeaseStore::BeatOutcome::renewed:
                ttl = any ? std::min(ttl, renewal.record->ttl) : renewal.record->ttl;
                any = true;
                break;
            case LeaseStore::BeatOutcome::missing:
                missing.push_back(beat.service + "/" + beat.id);
                break;
            case LeaseStore::BeatOutcome::replaced:
                replaced.push_back(beat.service + "/" + beat.id);
                break;
        }
    }
    return Response::json(200, beats_answer(ttl, missing, replaced));
}

Response NativeApi::status(TimePoint now) const {
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(now - center_.started);
    nlohmann::json snapshot = {{"state", "off"}};
    if (center_.keeper) {
        const SnapshotWriter::State state = center_.keeper->state();
        snapshot = {{"state", state.is_failing ? "failing" : "ok"}, {"error", state.error}};
        if (state.last) {
            snapshot["age"] = std::chrono::duration<double>(now - *state.last).count();
        }
    }
    const nlohmann::json status = {
        {"version", ROLLCALL_VERSION},
        {"epoch", center_.epoch},
        {"index", center_.lists.index(center_.store.index())},
        {"uptime", uptime.count()},
        {"ttl", static_cast<double>(center_.options.ttl.count()) / 1000},
        {"services", center_.store.services().size()},
        {"instances", center_.store.instance_count()},
        {"warming_up", center_.warming_up(now)},
        {"watchers", center_.watches.size()},
        {"held", center_.store.held_count()},
        {"heartbeats", center_.counters.heartbeats},
        {"expired", center_.counters.expired},
        {"snapshot", snapshot}};
    return Response::json(200, status.dump()).with_header("Cache-Control", "no-store");
}

Response NativeApi::not_registered(const Name& name) const {
    return Response::error(
        404,
        "not_registered",
        "service '" + name.service + "' has no instance '" + printable(name.id) + "'"
    );
}

}  // namespace rollcall::registry
