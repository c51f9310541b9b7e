#include "native_body.h"

#include <rollcall/base/log.h>
#include <rollcall/registry/instance_json.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

Json parse(std::string_view text) {
    return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

Json seconds(std::chrono::milliseconds value) {
    if (value.count() % 1000 == 0) return value.count() / 1000;
    return static_cast<double>(value.count()) / 1000;
}

bool is_flat(const Json& value) {
    return value.is_primitive() ||
           (value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& each) {
                return each.is_primitive();
            }));
}

Result<void> read_meta(const Json& object, InstanceChange& change) {
    const auto found = object.find("meta");
    if (found == object.end()) return {};
    if (!found->is_object()) return invalid("'meta' must be an object of strings and nulls");
    for (const auto& [key, value] : found->items()) {
        if (value.is_null()) {
            change.meta[key] = std::nullopt;
        } else if (value.is_string()) {
            change.meta[key] = value.get<std::string>();
        } else {
            return invalid("'meta." + printable(key, 80) + "' must be a string or null");
        }
    }
    return {};
}

}  // namespace

void InstanceChange::apply_to(Instance& instance) const {
    if (status) instance.status = *status;
    if (override_status) instance.override_status = *override_status;
    if (weight) instance.weight = *weight;
    if (tags) instance.tags = *tags;
    for (const auto& [key, value] : meta) {
        if (value) {
            instance.meta[key] = *value;
        } else {
            instance.meta.erase(key);
        }
    }
}

Result<InstanceChange> change_from_json(std::string_view text) {
    Json body = parse(text);
    if (body.is_discarded() || !body.is_object()) {
        return invalid("the body must be a JSON object like {\"override\":\"draining\"}");
    }
    for (const auto& [name, value] : body.items()) {
        if (name != "status" && name != "override" && name != "weight" && name != "tags" &&
            name != "meta") {
            return invalid(
                "'" + printable(name, 80) +
                "' cannot be changed; only status, override, weight, tags and meta can"
            );
        }
        // What is nested deep must not get to a recursive writer.
        if (name != "meta" && !is_flat(value)) {
            return invalid("'" + name + "' must be a string, a number or an array of strings");
        }
    }
    InstanceChange change;
    if (const Result<void> ok = read_meta(body, change); !ok) return ok.error();
    body.erase("meta");  // its nulls mean nothing to an instance
    const Result<Instance> read = instance_from_json(body.dump());
    if (!read) return read.error();
    if (body.contains("status")) change.status = read->status;
    if (body.contains("override")) change.override_status = read->override_status;
    if (body.contains("weight")) change.weight = read->weight;
    if (body.contains("tags")) change.tags = read->tags;
    return change;
}

std::string beats_answer(
    Duration ttl, const std::vector<std::string>& missing, const std::vector<std::string>& replaced
) {
    const Json answer = {
        {"interval", seconds(interval_of(ttl))}, {"missing", missing}, {"replaced", replaced}};
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string registration_answer(const Instance& instance, std::string_view index) {
    const Json answer = {
        {"ttl", seconds(instance.ttl)},
        {"interval", seconds(interval_of(instance.ttl))},
        {"index", index},
        {"incarnation", instance.incarnation}};
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::chrono::milliseconds interval_of(Duration ttl) {
    using std::chrono::milliseconds;
    return std::max(std::chrono::duration_cast<milliseconds>(ttl / 3), milliseconds{1});
}

}  // namespace rollcall::registry
