#include <rollcall/registry/instance_json.h>
#include <rollcall/registry/native_registry.h>

#include "answer.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

const http::HeaderList kSendsJson{{"Content-Type", "application/json"}};

std::string path_of(const Instance& instance) {
    return "/v1/services/" + http::percent_encode(instance.service) + "/instances/" +
           http::percent_encode(instance.id);
}

std::string request_name(std::string_view method, const http::Url& base, std::string_view path) {
    std::string name{method};
    name += " " + base.to_string();
    name += path;
    return name;
}

// Seconds, with a fraction if it has one; the registry may not make us beat all the time.
std::optional<std::chrono::milliseconds> interval_in(const Json& answer) {
    const auto found = answer.find("interval");
    if (found == answer.end() || !found->is_number()) return std::nullopt;
    const double ms = found->get<double>() * 1000.0;
    const auto most = static_cast<double>(kMaxInterval.count());
    const auto least = static_cast<double>(kMinInterval.count());
    return std::chrono::milliseconds{static_cast<std::int64_t>(std::clamp(ms, least, most))};
}

void read_names(const Json& answer, const char* field, std::vector<std::string>& names) {
    const auto found = answer.find(field);
    if (found == answer.end() || !found->is_array()) return;
    for (const Json& name : *found) {
        if (name.is_string()) names.push_back(name.get<std::string>());
    }
}

Result<Lease> read_lease(std::string_view request, const Answer& answer) {
    const Json json = Json::parse(answer.body(), nullptr, /*allow_exceptions=*/false);
    const auto interval = json.is_object() ? interval_in(json) : std::nullopt;
    if (!interval) {
        std::string message{request};
        message += ": the answer names no interval; this is not a Rollcall registry";
        return Error{Errc::registry_failed, std::move(message)};
    }
    Lease lease;
    lease.interval = *interval;
    read_names(json, "missing", lease.missing);
    read_names(json, "replaced", lease.replaced);
    return lease;
}

// No room for one who waits, or something in front of the registry that lets only reads through.
// Who has no right to wait has none to read either.
bool refuses_to_wait(int status) {
    if (status == 401) return false;
    return (status >= 400 && status < 500) || status == 501 || status == 503;
}

}  // namespace

NativeAnnouncer::NativeAnnouncer(http::Url base, const http::ClientOptions& options)
    : client_(std::move(base), options) {
}

Result<Lease> NativeAnnouncer::announce(
    const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop
) {
    announced_ = instances;
    Lease all;
    bool first = true;
    for (const Instance& instance : announced_) {
        const std::string path = path_of(instance);
        auto answer = client_.request("PUT", path, kSendsJson, to_json(instance), deadline, stop);
        if (!answer) return unreachable(answer.error());
        if (answer->status() == 409) {
            all.replaced.push_back(lease_name(instance));
            continue;
        }
        const std::string request = request_name("PUT", client_.url(), path);
        if (!answer->ok()) return refused(request, *answer);
        auto lease = read_lease(request, *answer);
        if (!lease) return lease;
        all.interval = first ? lease->interval : std::min(all.interval, lease->interval);
        first = false;
    }
    return all;
}

Result<Lease> NativeAnnouncer::renew(Deadline deadline, std::stop_token stop) {
    Json beats = Json::array();
    for (const Instance& instance : announced_) {
        Json beat{{"service", instance.service}, {"id", instance.id}};
        if (!instance.incarnation.empty()) beat["incarnation"] = instance.incarnation;
        beats.push_back(std::move(beat));
    }
    const Json body{{"instances", std::move(beats)}};
    auto answer = client_.request("POST", "/v1/heartbeat", kSendsJson, body.dump(), deadline, stop);
    if (!answer) return unreachable(answer.error());
    const std::string request = request_name("POST", client_.url(), "/v1/heartbeat");
    if (!answer->ok()) return refused(request, *answer);
    return read_lease(request, *answer);
}

Result<void> NativeAnnouncer::withdraw(Deadline deadline, std::stop_token stop) {
    Result<void> result;
    for (const Instance& instance : announced_) {
        std::string path = path_of(instance);
        if (!instance.incarnation.empty()) {
            path += "?incarnation=" + http::percent_encode(instance.incarnation);
        }
        auto answer = client_.request("DELETE", path, {}, "", deadline, stop);
        if (!answer) return unreachable(answer.error());
        // Replaced by a newer process (409) or unknown: nothing of ours is listed.
        const bool gone = answer->ok() || answer->status() == 404 || answer->status() == 409;
        if (!gone) result = refused(request_name("DELETE", client_.url(), path), *answer);
    }
    return result;
}

Result<std::string> NativeAnnouncer::local_address(Deadline deadline, std::stop_token stop) {
    auto address = client_.local_address(deadline, stop);
    if (!address) return unreachable(address.error());
    return address;
}

NativeSource::NativeSource(http::Url base, const http::ClientOptions& options)
    : client_(base, options), watch_client_(std::move(base), options) {
}

Result<std::vector<Snapshot>> NativeSource::read(
    const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
) {
    std::vector<Snapshot> snapshots;
    for (const std::string& service : services) {
        const std::string path = "/v1/services/" + http::percent_encode(service);
        auto answer =
            client_.request("GET", path, {{"Accept", "application/json"}}, "", deadline, stop);
        if (!answer) return unreachable(answer.error());
        const std::string request = request_name("GET", client_.url(), path);
        if (!answer->ok()) return refused(request, *answer);
        auto list = instance_list_from_json(answer->body());
        if (!list) return Error{Errc::registry_failed, request + ": " + list.error().message()};
        snapshots.push_back(
            {service, std::move(list->index), std::move(list->instances), SteadyClock::now()}
        );
    }
    return snapshots;
}

Result<std::vector<Snapshot>> NativeSource::wait(
    const std::vector<KnownList>& known, Duration wait, Deadline deadline, std::stop_token stop
) {
    Json services = Json::object();
    for (const KnownList& each : known)
        services[each.service] = each.index;
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
    const Json body{{"services", std::move(services)}, {"wait", std::to_string(ms) + "ms"}};
    auto answer =
        watch_client_.request("POST", "/v1/watch", kSendsJson, body.dump(), deadline, stop);
    if (!answer) return unreachable(answer.error());
    std::vector<Snapshot> snapshots;
    if (answer->status() == 304) return snapshots;
    const std::string request = request_name("POST", watch_client_.url(), "/v1/watch");
    if (refuses_to_wait(answer->status()))
        return Error{Errc::overloaded, refused(request, *answer).message()};
    if (!answer->ok()) return refused(request, *answer);
    auto lists = changed_lists_from_json(answer->body());
    if (!lists) return Error{Errc::registry_failed, request + ": " + lists.error().message()};
    for (auto& [service, list] : *lists) {
        snapshots.push_back(
            {service, std::move(list.index), std::move(list.instances), SteadyClock::now()}
        );
    }
    return snapshots;
}

}  // namespace rollcall::registry
