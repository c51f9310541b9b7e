// The part of EurekaFace that changes something.
#include <rollcall/base/log.h>

#include "eureka_face.h"
#include "eureka_json.h"
#include "eureka_marks.h"
#include "eureka_xml.h"

#include <charconv>

namespace rollcall::registry {
namespace {

using http::Request;
using http::Response;

Response bad_request(const Error& error) {
    return Response::text(400, error.message());
}

Response full() {
    return Response::text(503, "the registry holds as much as it may")
        .with_header("Retry-After", "5");
}

bool is_xml(const Request& request) {
    const std::string_view type = request.header("Content-Type").value_or("");
    if (type.find("json") != std::string_view::npos) return false;
    if (type.find("xml") != std::string_view::npos) return true;
    const auto first = request.body.find_first_not_of(" \t\r\n");
    return first != std::string::npos && request.body[first] == '<';
}

std::optional<std::int64_t> dirty_parameter(const Request& request) {
    const std::string_view text = request.parameter("lastDirtyTimestamp").value_or("");
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

// What the client of a listed instance said, if an Eureka client registered it.
std::optional<std::int64_t> dirty_of(const Instance& instance) {
    if (instance.eureka.empty()) return std::nullopt;
    const Result<EurekaInstance> extras = eureka_from_json(instance.eureka);
    return extras ? extras->dirty : std::nullopt;
}

// The status that a new registration gets, by the rules of Eureka's servers: what the client says
// counts while it says that it cannot serve; else what the server has stays.
EurekaStatus status_after(EurekaStatus said, const Instance& listed) {
    if (said == EurekaStatus::down || said == EurekaStatus::starting) return said;
    const EurekaStatus own = listed.override_status ? EurekaStatus::unknown : eureka_status(listed);
    const bool stays = own == EurekaStatus::up || own == EurekaStatus::out_of_service;
    return stays ? own : said;
}

// Apart from what the store decides.
bool says_the_same(Instance said, const Instance& listed) {
    said.incarnation = listed.incarnation;
    said.override_status = listed.override_status;
    said.stale = listed.stale;
    return said == listed;
}

// Without an override and, if no process is asked for its own word any more, with that status. A
// native process keeps its word: no heartbeat of it would ever say it again.
Instance without_override(Instance instance, EurekaStatus status) {
    instance.override_status.reset();
    if (!instance.eureka.empty()) set_eureka_status(instance, status);
    return instance;
}

Result<EurekaStatus> status_parameter(const Request& request) {
    const std::string_view value = request.parameter("value").value_or("");
    if (const auto status = eureka_status_from(value)) return *status;
    return Error{
        Errc::invalid_argument,
        "the parameter value is '" + printable(value, 40) +
            "'; it must be UP, OUT_OF_SERVICE, DOWN, STARTING or UNKNOWN"};
}

// The instance that a POST announces, without the rules that depend on what is listed.
Result<EurekaInstance> announced(const std::string& app, const Request& request) {
    Result<EurekaInstance> body =
        is_xml(request) ? eureka_from_xml(request.body) : eureka_from_json(request.body);
    if (!body) return body;
    Result<EurekaInstance> instance = complete(*std::move(body));
    if (instance && instance->app != app_name(app)) {
        return Error{
            Errc::invalid_argument,
            "the body is of the app '" + printable(instance->app, 80) +
                "', but the path names another one"};
    }
    return instance;
}

}  // namespace

Response EurekaFace::add(const std::string& app, const Request& request, TimePoint now) {
    Result<EurekaInstance> given = announced(app, request);
    if (!given) return bad_request(given.error());
    const Result<std::string> service = normalized_service(given->app);
    if (!service) return bad_request(service.error());
    const LeaseRecord* const record = center_.store.find(*service, given->instance_id);
    const bool of_eureka = record != nullptr && !record->instance->eureka.empty();
    const auto known = of_eureka ? dirty_of(*record->instance) : std::nullopt;
    if (known && given->dirty && *known > *given->dirty) {
        // Late news of an older state: the newer one stays, and lives on.
        static_cast<void>(center_.renew(*service, given->instance_id, "", now));
        return Response::empty(204);
    }
    const bool is_undated = !given->dirty;
    if (is_undated) given->dirty = known.value_or(clock_.milliseconds(now));
    // A Rollcall process means what it says: its status changes by another registration.
    if (of_eureka && !has_marks(given->metadata)) {
        given->status = status_after(given->status, *record->instance);
    }
    if (record != nullptr && record->instance->override_status) {
        given->overridden = EurekaStatus::unknown;  // the operator's stays
    }
    Result<Instance> instance = native_instance(*given, center_.limits);
    if (!instance) return bad_request(instance.error());
    if (const Result<void> ok = validate(*instance, center_.limits); !ok) {
        return bad_request(ok.error());
    }
    if (is_undated && of_eureka && !says_the_same(*instance, *record->instance)) {
        given->dirty = clock_.milliseconds(now);
        instance->eureka = eureka_extras(*given);
    }
    const auto outcome = center_.put(*std::move(instance), now).outcome;
    if (outcome == LeaseStore::PutOutcome::replaced) {
        return Response::text(409, "a newer process has registered under this id");
    }
    if (outcome == LeaseStore::PutOutcome::full) return full();
    return Response::empty(204);
}

Response EurekaFace::beat(const Name& name, const Request& request, TimePoint now) {
    const LeaseRecord* const record = find_instance(name);
    const auto dirty = dirty_parameter(request);
    const auto known = record != nullptr && dirty ? dirty_of(*record->instance) : std::nullopt;
    // 404 makes the client register: it has another state, or one that the registry lacks.
    const bool is_unknown =
        record != nullptr && eureka_status(*record->instance) == EurekaStatus::unknown;
    if (is_unknown || (known && *dirty > *known)) return Response::empty(404);
    const auto outcome = center_.renew(name.service, name.id, "", now).outcome;
    if (outcome != LeaseStore::BeatOutcome::renewed) return Response::empty(404);
    const bool replicates = request.header("x-netflix-discovery-replication") == "true";
    if (!replicates || !known || *dirty == *known) return Response::empty(200);
    return eureka_answer(
        409, request, {std::make_shared<const std::string>(lists_for(request).instance(*record))}
    );
}

Response EurekaFace::remove(const Name& name, TimePoint now) {
    const auto outcome = center_.store.remove(name.service, name.id, "", now);
    return Response::empty(outcome == LeaseStore::RemoveOutcome::removed ? 200 : 404);
}

Response EurekaFace::set_override(const Name& name, const Request& request, TimePoint now) {
    const Result<EurekaStatus> status = status_parameter(request);
    if (!status) return bad_request(status.error());
    const LeaseRecord* const record = find_instance(name);
    if (record == nullptr) return Response::empty(404);
    static_cast<void>(center_.renew(name.service, name.id, "", now));
    Instance changed = *record->instance;
    if (*status == EurekaStatus::unknown) {
        return modified(without_override(std::move(changed), *status), now);
    }
    changed.override_status = native_status(*status);
    return modified(std::move(changed), now);
}

Response EurekaFace::clear_override(const Name& name, const Request& request, TimePoint now) {
    EurekaStatus status = EurekaStatus::unknown;
    if (request.parameter("value")) {
        const Result<EurekaStatus> named = status_parameter(request);
        if (!named) return bad_request(named.error());
        status = *named;
    }
    const LeaseRecord* const record = find_instance(name);
    if (record == nullptr) return Response::empty(404);
    return modified(without_override(*record->instance, status), now);
}

Response EurekaFace::add_metadata(const Name& name, const Request& request, TimePoint now) {
    const LeaseRecord* const record = find_instance(name);
    if (record == nullptr) return Response::empty(404);
    Instance changed = *record->instance;
    for (const auto& [key, value] : request.query)
        changed.meta[key] = value;
    return modified(std::move(changed), now);
}

Response EurekaFace::modified(Instance instance, TimePoint now) {
    if (const Result<void> ok = validate(instance, center_.limits); !ok) {
        return bad_request(ok.error());
    }
    if (center_.store.modify(std::move(instance), now) == LeaseStore::ModifyOutcome::full) {
        return full();
    }
    return Response::empty(200);
}

}  // namespace rollcall::registry
