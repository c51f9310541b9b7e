#include <rollcall/base/log.h>
#include <rollcall/registry/admin.h>
#include <rollcall/registry/instance_json.h>

#include "answer.h"
#include "http_options.h"
#include "or_throw.h"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <utility>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

std::string service_path(std::string_view service) {
    return "/v1/services/" + http::percent_encode(service);
}

std::string instance_path(std::string_view service, std::string_view id) {
    return service_path(service) + "/instances/" + http::percent_encode(id);
}

Error no_registry(const std::string& path) {
    return Error{
        Errc::registry_failed,
        "the answer to GET " + path + " is not what a Rollcall registry writes"};
}

// The registry's own sentence for an instance that it does not know; nothing if the answer is
// something else.
std::string not_registered(const Answer& answer) {
    if (answer.status() != 404) return {};
    const Json json = Json::parse(answer.body(), nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || json.value("error", Json()) != "not_registered") return {};
    const Json message = json.value("message", Json());
    return message.is_string() ? printable(message.get<std::string>()) : std::string{};
}

http::ClientOptions usable_options(const http::Url& url, const AccessOptions& access) {
    const Result<void> usable = check_access(access, url.is_encrypted());
    if (!usable) throw std::invalid_argument{usable.error().message()};
    return http_options(access);
}

}  // namespace

RegistryAdmin::RegistryAdmin(std::string_view url, const AccessOptions& access)
    : RegistryAdmin(or_throw(http::Url::parse(url)), access) {
}

RegistryAdmin::RegistryAdmin(const http::Url& url, const AccessOptions& access)
    : client_(url, usable_options(url, access)) {
}

Result<std::string> RegistryAdmin::request(
    std::string_view method, const std::string& path, std::string body, Deadline deadline
) {
    http::HeaderList headers;
    if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
    auto answer = client_.request(method, path, headers, std::move(body), deadline);
    if (!answer) return unreachable(answer.error());
    if (std::string unknown = not_registered(*answer); !unknown.empty()) {
        return Error{Errc::registry_failed, std::move(unknown)};
    }
    if (!answer->ok()) {
        return refused(std::string{method} + " " + client_.url().to_string() + path, *answer);
    }
    return answer->body();
}

Result<std::vector<ServiceSummary>> RegistryAdmin::services(Deadline deadline) {
    const std::string path = "/v1/services";
    const Result<std::string> body = request("GET", path, "", deadline);
    if (!body) return body.error();
    std::vector<ServiceSummary> services;
    try {
        const Json answer = Json::parse(*body);
        for (const Json& row : answer.at("services")) {
            services.push_back(
                {row.at("name").get<std::string>(),
                 row.at("up").get<std::size_t>(),
                 row.at("total").get<std::size_t>()}
            );
        }
    } catch (const Json::exception&) {
        return no_registry(path);
    }
    return services;
}

Result<std::vector<Instance>> RegistryAdmin::instances(
    std::string_view service, Deadline deadline
) {
    const Result<std::string> body = request("GET", service_path(service), "", deadline);
    if (!body) return body.error();
    Result<InstanceList> list = instance_list_from_json(*body);
    if (!list) return no_registry(service_path(service));
    return std::move(list->instances);
}

Result<RegistryEvents> RegistryAdmin::events(
    std::string_view index, Duration wait, Deadline deadline
) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
    std::string path = "/v1/events?wait=" + std::to_string(milliseconds) + "ms";
    if (!index.empty()) path += "&after=" + http::percent_encode(index);
    auto answer = client_.request("GET", path, {}, "", deadline);
    if (!answer) return unreachable(answer.error());
    if (answer->status() == 304) return RegistryEvents{std::string{index}, {}};
    if (!answer->ok()) return refused("GET " + client_.url().to_string() + path, *answer);
    RegistryEvents read;
    try {
        const Json body = Json::parse(answer->body());
        read.index = body.at("index");
        for (const Json& row : body.at("events")) {
            read.events.push_back(
                {row.at("time"),
                 row.at("kind"),
                 row.at("service"),
                 row.at("id"),
                 row.at("endpoint"),
                 row.at("status"),
                 row.at("via")}
            );
        }
    } catch (const Json::exception&) {
        return no_registry(path);
    }
    return read;
}

Result<std::string> RegistryAdmin::status(Deadline deadline) {
    const std::string path = "/v1/status";
    Result<std::string> body = request("GET", path, "", deadline);
    if (body && !Json::parse(*body, nullptr, /*allow_exceptions=*/false).is_object()) {
        return no_registry(path);
    }
    return body;
}

Result<Instance> RegistryAdmin::set_override(
    std::string_view service, std::string_view id, std::optional<Status> status, Deadline deadline
) {
    Json change;
    change["override"] = status ? Json(std::string{name_of(*status)}) : Json(nullptr);
    const Result<std::string> body =
        request("PATCH", instance_path(service, id), change.dump(), deadline);
    if (!body) return body.error();
    return instance_from_json(*body);
}

Result<void> RegistryAdmin::remove(
    std::string_view service, std::string_view id, Deadline deadline
) {
    // The registry removes whatever it is told to; an operator's slip of the pen should be seen.
    const std::string path = instance_path(service, id);
    if (const auto listed = request("GET", path, "", deadline); !listed) return listed.error();
    const auto removed = request("DELETE", path, "", deadline);
    if (!removed) return removed.error();
    return {};
}

}  // namespace rollcall::registry
