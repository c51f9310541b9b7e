#pragma once
// A registry, and Eureka's requests to it.

#include "quiet_registry.h"
#include "raw_exchange.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <pugixml.hpp>
#include <string>
#include <vector>

namespace rollcall::registry::tests {

class EurekaFixture : public ::testing::Test {
protected:
    explicit EurekaFixture(RegistryServerOptions options = quiet()) : registry(std::move(options)) {
        registry.start();
    }

    CurlAnswer send(
        const std::string& method,
        const std::string& target,
        const std::string& headers = "",
        const std::string& body = ""
    ) {
        return http_exchange(registry.endpoint(), request_bytes(method, target, headers, body));
    }

    int status_of(const std::string& method, const std::string& target) {
        return send(method, target).status;
    }

    CurlAnswer post_json(const std::string& app, const std::string& body) {
        return send("POST", "/eureka/apps/" + app, "Content-Type: application/json\r\n", body);
    }

    CurlAnswer post_xml(const std::string& app, const std::string& body) {
        return send("POST", "/eureka/apps/" + app, "Content-Type: application/xml\r\n", body);
    }

    // Registers a plain instance at port 8080; `more` are further members, with a leading comma.
    int add(const std::string& app, const std::string& id, const std::string& more = "") {
        return post_json(
                   app,
                   R"({"instance":{"instanceId":")" + id + R"(","hostName":"10.0.0.7","app":")" +
                       app + R"(","ipAddr":"10.0.0.7","vipAddress":")" + app +
                       R"(","port":{"$":8080,"@enabled":"true"})" + more + "}}"
        )
            .status;
    }

    nlohmann::json get_json(const std::string& target) {
        return nlohmann::json::parse(send("GET", target, "Accept: application/json\r\n").body);
    }

    // The whole list; the document has no element if the answer is not XML.
    pugi::xml_document get_xml(const std::string& target) {
        pugi::xml_document document;
        const std::string body = send("GET", target).body;
        document.load_buffer(body.data(), body.size());
        return document;
    }

    // One instance as JSON.
    nlohmann::json instance(const std::string& app, const std::string& id) {
        return get_json("/eureka/apps/" + app + "/" + id)["instance"];
    }

    nlohmann::json native(const std::string& service, const std::string& id) {
        return get_json("/v1/services/" + service + "/instances/" + id);
    }

    std::string eureka_status(const std::string& app, const std::string& id) {
        return instance(app, id)["status"];
    }

    RegistryServer registry;
};

// The ids in an "applications" answer, in its order.
inline std::vector<std::string> ids_of(const nlohmann::json& answer) {
    std::vector<std::string> ids;
    for (const auto& application : answer["applications"]["application"]) {
        for (const auto& instance : application["instance"])
            ids.push_back(instance["instanceId"]);
    }
    return ids;
}

using Ids = std::vector<std::string>;

}  // namespace rollcall::registry::tests
