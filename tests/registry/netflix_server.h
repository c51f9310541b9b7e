#pragma once
// The part of a Netflix server that a registering client meets, by the rules of its sources
// (ApplicationResource, InstanceResource, AbstractInstanceRegistry and the classes in rule/).

#include "http/scripted_server.h"

#include <nlohmann/json.hpp>

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::registry::tests {

// One application, without leases. Thread safety: any thread.
class NetflixServer {
public:
    using Json = nlohmann::json;

    [[nodiscard]] std::string url() const { return "eureka+" + server_.url() + "/eureka/v2"; }

    // The instance as it is listed; null if it is not.
    Json listed(const std::string& id) {
        const std::lock_guard lock{mutex_};
        return instances_.contains(id) ? instances_.at(id) : Json{};
    }

    // As if another client had registered it.
    void list(const std::string& id, const Json& instance) {
        const std::lock_guard lock{mutex_};
        instances_[id] = instance;
    }

    void forget() {
        const std::lock_guard lock{mutex_};
        instances_.clear();
    }

    // Answers requests of the method with that status and nothing else; 0: no longer.
    void refuse(const std::string& method, int status) {
        const std::lock_guard lock{mutex_};
        refused_[method] = status;
    }

    std::vector<std::string> take_requests() {
        const std::lock_guard lock{mutex_};
        return std::exchange(requests_, {});
    }

private:
    static std::string answer(int status, const std::string& body = "") {
        return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
               "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               body;
    }

    std::string serve(const std::string& request) {
        const std::lock_guard lock{mutex_};
        const std::string method = request.substr(0, request.find(' '));
        const std::string path =
            request.substr(method.size() + 1, request.find(" HTTP/") - method.size() - 1);
        requests_.push_back(method + " " + path);
        if (refused_[method] != 0) return answer(refused_[method], "refused, as asked");
        if (method == "POST") return add(Json::parse(request.substr(request.find("\r\n\r\n") + 4)));
        std::string id = path.substr(path.rfind('/') + 1);
        if (const auto colon = id.find("%3A"); colon != std::string::npos)
            id.replace(colon, 3, ":");
        if (!instances_.contains(id)) return answer(404);
        if (method == "DELETE") instances_.erase(id);
        if (method == "GET") return answer(200, Json{{"instance", instances_[id]}}.dump());
        return answer(200);
    }

    std::string add(const Json& body) {
        Json instance = body.at("instance");
        for (const char* field : {"instanceId", "hostName", "ipAddr", "app", "dataCenterInfo"}) {
            if (!instance.contains(field)) return answer(400, std::string{"Missing "} + field);
        }
        if (instance["app"] != "CALCULATOR") return answer(400, "Mismatched appName");
        const std::string id = instance["instanceId"];
        const bool is_alive = instance["status"] != "DOWN" && instance["status"] != "STARTING";
        const Json before = instances_.contains(id) ? instances_[id]["status"] : Json{};
        // LeaseExistsRule: what the server has wins over a client that says that it works.
        if (is_alive && (before == "UP" || before == "OUT_OF_SERVICE")) instance["status"] = before;
        instances_[id] = instance;
        return answer(204);
    }

    std::mutex mutex_;
    std::map<std::string, Json> instances_;
    std::map<std::string, int> refused_;
    std::vector<std::string> requests_;
    rollcall::tests::ScriptedServer server_{[this](rollcall::tests::RawPeer& peer, int) {
        // A connection per request, because one at a time is served.
        const std::string request = rollcall::tests::read_http_request(peer);
        if (!request.empty()) peer.send(serve(request));
    }};
};

}  // namespace rollcall::registry::tests
