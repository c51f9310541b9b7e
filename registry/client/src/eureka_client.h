#pragma once
// Requests to one Eureka server, and its instances as the native model has them.

#include <rollcall/http/client.h>
#include <rollcall/registry/instance.h>

#include "answer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

struct EurekaProtocol {
    // The value of the header Authorization, such as "Basic ..."; empty: as the HTTP client has it.
    std::string authorization = {};
    // Instances without Rollcall's marks are taken for what our clients can call. Otherwise they
    // are web applications: listed with the scheme http or https, and never called.
    bool takes_unmarked = false;
};

// Thread safety: that of http::Client.
class EurekaClient {
public:
    // `base` is what /apps is appended to. Dials nothing yet.
    EurekaClient(http::Url base, EurekaProtocol protocol, const http::ClientOptions& options);

    // Asks for JSON and sends `body`, if there is one, as that. The error is that of a request that
    // failed on the way.
    [[nodiscard]] Result<Answer> request(
        std::string_view method,
        const std::string& path,
        std::string body,
        Deadline deadline,
        const std::stop_token& stop
    );

    // The error for an answer that says no.
    [[nodiscard]] Error refusal(
        std::string_view method, const std::string& path, const Answer& answer
    ) const;

    // The error for a 200 that is not Eureka's.
    [[nodiscard]] Error misunderstood(const std::string& path, std::string_view why) const;

    [[nodiscard]] Result<std::string> local_address(Deadline deadline, const std::stop_token& stop);

    [[nodiscard]] const EurekaProtocol& protocol() const noexcept { return protocol_; }

private:
    [[nodiscard]] std::string request_name(std::string_view method, const std::string& path) const;

    http::Client client_;
    EurekaProtocol protocol_;
};

// "/apps/NAME" and "/apps/NAME/id".
[[nodiscard]] std::string eureka_path(std::string_view service);
[[nodiscard]] std::string eureka_path(const Instance& instance);

}  // namespace rollcall::registry
