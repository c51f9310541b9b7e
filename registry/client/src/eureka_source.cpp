#include "eureka_source.h"

#include "content_index.h"
#include "eureka_instance.h"
#include "eureka_json.h"
#include "eureka_marks.h"
#include "read_each.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

Result<Instance> instance_in(
    const Json& value, const std::string& service, const EurekaProtocol& protocol
) {
    auto read = eureka_from_value(value);
    if (!read) return read.error();
    auto whole = complete(std::move(*read));
    if (!whole) return whole.error();
    whole->app = service;
    // The status is what comes of it and of the override.
    whole->overridden = EurekaStatus::unknown;
    const bool is_taken = !has_marks(whole->metadata) && protocol.takes_unmarked;
    auto instance = native_instance(*whole, kAnyLease);
    if (!instance) return instance;
    instance->eureka.clear();
    if (is_taken) instance->scheme = Instance{}.scheme;
    return instance;
}

// {"application":{"name":...,"instance":[...]}}. Older servers write a single instance without the
// array, and all write nothing at all for none.
std::optional<std::vector<const Json*>> instances_in(const Json& body) {
    if (!body.is_object()) return std::nullopt;
    const auto application = body.find("application");
    if (application == body.end() || !application->is_object()) return std::nullopt;
    std::vector<const Json*> instances;
    const auto list = application->find("instance");
    if (list == application->end() || list->is_null()) return instances;
    if (!list->is_array()) return std::vector<const Json*>{&*list};
    for (const Json& each : *list)
        instances.push_back(&each);
    return instances;
}

std::string_view what_is_wrong(const std::string& body) {
    const auto first = body.find_first_not_of(" \t\r\n");
    const bool is_markup = first != std::string::npos && body[first] == '<';
    return is_markup ? "the answer is XML or HTML, although JSON was asked for"
                     : "the answer has no application";
}

}  // namespace

EurekaSource::EurekaSource(
    http::Url base, EurekaProtocol protocol, const http::ClientOptions& options
)
    : client_(std::move(base), std::move(protocol), options) {
}

Result<std::vector<Snapshot>> EurekaSource::read(
    const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
) {
    is_checked_ = false;  // something else may answer there by now
    return read_each(services, [&](const std::string& service) {
        return read_one(service, deadline, stop);
    });
}

Result<Snapshot> EurekaSource::read_one(
    const std::string& service, Deadline deadline, const std::stop_token& stop
) {
    const std::string path = eureka_path(service);
    auto answer = client_.request("GET", path, "", deadline, stop);
    if (!answer) return answer.error();
    Snapshot snapshot;
    snapshot.service = service;
    snapshot.taken = SteadyClock::now();
    if (answer->status() == 404) {
        if (auto known = check_base(deadline, stop); !known) return known.error();
        snapshot.index = content_index({});
        return snapshot;
    }
    if (!answer->ok()) return client_.refusal("GET", path, *answer);
    const Json body = Json::parse(answer->body(), nullptr, /*allow_exceptions=*/false);
    const auto listed = instances_in(body);
    if (!listed) return client_.misunderstood(path, what_is_wrong(answer->body()));
    is_checked_ = true;
    std::optional<Error> failure;
    for (const Json* each : *listed) {
        // One that cannot be read must not take the others off the list.
        auto instance = instance_in(*each, service, client_.protocol());
        if (instance) {
            snapshot.instances.push_back(std::move(*instance));
        } else {
            failure = instance.error();
        }
    }
    if (failure && snapshot.instances.empty())
        return client_.misunderstood(path, "no instance can be read: " + failure->message());
    // Servers keep them in hash tables.
    std::sort(
        snapshot.instances.begin(),
        snapshot.instances.end(),
        [](const Instance& a, const Instance& b) { return a.id < b.id; }
    );
    snapshot.index = content_index(snapshot.instances);
    return snapshot;
}

Result<void> EurekaSource::check_base(Deadline deadline, const std::stop_token& stop) {
    if (is_checked_) return {};
    // Of the requests that every server answers the one with the shortest answer; 403 is that of
    // one on which it is switched off.
    const std::string path = "/apps/delta";
    auto answer = client_.request("GET", path, "", deadline, stop);
    if (!answer) return answer.error();
    if (answer->ok()) {
        const Json body = Json::parse(answer->body(), nullptr, /*allow_exceptions=*/false);
        if (!body.is_object() || !body.contains("applications"))
            return client_.misunderstood(path, what_is_wrong(answer->body()));
    } else if (answer->status() != 403) {
        return client_.refusal("GET", path, *answer);
    }
    is_checked_ = true;
    return {};
}

}  // namespace rollcall::registry
