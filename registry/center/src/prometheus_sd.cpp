#include "prometheus_sd.h"

#include "help.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace rollcall::registry {
namespace {

using http::Response;
using Json = nlohmann::json;

// Which effective statuses are wanted: one, or all of them if there is none.
Result<std::optional<Status>> wanted_status(const http::Request& request) {
    const auto text = request.parameter("status");
    if (!text) return std::optional{Status::up};
    if (*text == "all") return std::optional<Status>{};
    if (const auto status = status_from(*text)) return std::optional{*status};
    return Error{
        Errc::invalid_argument,
        "status '" + printable(*text, 40) +
            "' is none; it must be all, up, starting, draining or down"};
}

// ",a,b,": so that a regular expression can ask for ",a,".
std::string joined(const std::vector<std::string>& tags) {
    std::string text;
    for (const std::string& tag : tags)
        text += "," + tag;
    return text.empty() ? text : text + ",";
}

// One group per instance, since nearly every one has labels of its own.
Json target_of(const Instance& instance) {
    Json labels = {
        {"__meta_rollcall_service", instance.service},
        {"__meta_rollcall_id", instance.id},
        {"__meta_rollcall_status", name_of(instance.effective_status())},
        {"__meta_rollcall_scheme", instance.scheme},
        {"__meta_rollcall_version", instance.version},
        {"__meta_rollcall_zone", instance.zone},
        {"__meta_rollcall_weight", std::to_string(instance.weight)},
        {"__meta_rollcall_tags", joined(instance.tags)},
        {"__meta_rollcall_via", instance.via},
        {"__meta_rollcall_stale", instance.stale ? "true" : "false"}};
    // Of keys that become the same name the first in order counts.
    for (const auto& [key, value] : instance.meta)
        labels.emplace("__meta_rollcall_meta_" + label_name(key), value);
    return {{"targets", {instance.endpoint().to_string()}}, {"labels", std::move(labels)}};
}

void append_targets(
    const ServiceRecord& service, const std::optional<Status>& wanted, Json& groups
) {
    std::vector<const Instance*> instances;
    for (const auto& [id, record] : service.instances) {
        // Prometheus dials hosts and ports; it would drop the whole list for one without.
        if (record.instance->endpoint().is_unix()) continue;
        if (!wanted || record.instance->effective_status() == *wanted) {
            instances.push_back(record.instance.get());
        }
    }
    std::sort(instances.begin(), instances.end(), [](const auto* a, const auto* b) {
        return a->id < b->id;
    });
    for (const Instance* const instance : instances)
        groups.push_back(target_of(*instance));
}

Json targets_of_all(const Center& center, const std::optional<Status>& wanted) {
    std::vector<std::string_view> names;
    for (const auto& [name, service] : center.store.services())
        names.push_back(name);
    std::sort(names.begin(), names.end());
    Json groups = Json::array();
    for (const std::string_view name : names)
        append_targets(*center.store.find(name), wanted, groups);
    return groups;
}

}  // namespace

std::optional<Response> prometheus_sd_answer(
    const http::Request& request, const Center& center, TimePoint now
) {
    const auto& path = request.path;
    if (path.size() != 2 || path[0] != "v1" || path[1] != "prometheus") return std::nullopt;
    if (request.method != "GET") return method_not_allowed(request, "GET, HEAD");
    const auto wanted = wanted_status(request);
    if (!wanted) return Response::error(400, "invalid", wanted.error().message());
    // Prometheus keeps the targets it has while the answer is an error.
    if (center.warming_up(now)) return warming_up();
    Json groups = Json::array();
    if (const auto asked = request.parameter("service")) {
        const Result<std::string> name = normalized_service(*asked);
        if (!name) return Response::error(400, "invalid", name.error().message());
        const ServiceRecord* const service = center.store.find(*name);
        if (service != nullptr) append_targets(*service, *wanted, groups);
    } else {
        groups = targets_of_all(center, *wanted);
    }
    return Response::json(200, groups.dump(-1, ' ', false, Json::error_handler_t::replace))
        .with_header("Cache-Control", "no-store");
}

std::string label_name(std::string_view key) {
    std::string name{key};
    for (char& c : name) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!plain) c = '_';
    }
    return name;
}

}  // namespace rollcall::registry
