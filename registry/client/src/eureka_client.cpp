#include "eureka_client.h"

#include "eureka_instance.h"

#include <utility>

namespace rollcall::registry {

EurekaClient::EurekaClient(
    http::Url base, EurekaProtocol protocol, const http::ClientOptions& options
)
    : client_(std::move(base), options), protocol_(std::move(protocol)) {
}

Result<Answer> EurekaClient::request(
    std::string_view method,
    const std::string& path,
    std::string body,
    Deadline deadline,
    const std::stop_token& stop
) {
    http::HeaderList headers{{"Accept", "application/json"}};
    if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
    if (!protocol_.authorization.empty()) {
        headers.emplace_back("Authorization", protocol_.authorization);
    }
    auto answer = client_.request(method, path, headers, std::move(body), deadline, stop);
    if (!answer) return unreachable(answer.error());
    return answer;
}

Error EurekaClient::refusal(std::string_view method, const std::string& path, const Answer& answer)
    const {
    const Error error = refused(request_name(method, path), answer);
    if (answer.status() != 401) return error;
    return Error{
        error.code(),
        error.message() +
            " (give user:password@ before the host, or ?user= and the password as "
            "the token of the registry)"};
}

Error EurekaClient::misunderstood(const std::string& path, std::string_view why) const {
    std::string message = request_name("GET", path) + ": ";
    message += why;
    message += "; this is not an Eureka server, or its path is another one, such as /eureka/v2";
    return Error{Errc::registry_failed, std::move(message)};
}

Result<std::string> EurekaClient::local_address(Deadline deadline, const std::stop_token& stop) {
    auto address = client_.local_address(deadline, stop);
    if (!address) return unreachable(address.error());
    return address;
}

std::string EurekaClient::request_name(std::string_view method, const std::string& path) const {
    std::string name{method};
    name += " " + client_.url().to_string();
    return name += path;
}

std::string eureka_path(std::string_view service) {
    return "/apps/" + http::percent_encode(app_name(service));
}

std::string eureka_path(const Instance& instance) {
    return eureka_path(instance.service) + "/" + http::percent_encode(instance.id);
}

}  // namespace rollcall::registry
