#pragma once
// Adapter: what Eureka servers list, Netflix's, Spring's and our own.

#include <rollcall/registry/source.h>

#include "eureka_client.h"

#include <string>
#include <vector>

namespace rollcall::registry {

// Reads each service with a GET of its application. Eureka cannot be waited on. Whoever is not UP
// takes no calls; an application that is not known is an empty list. An instance that cannot be
// read is left out; if that is all of them it is an error. The index is a hash of the list, without
// an epoch.
class EurekaSource final : public Source {
public:
    EurekaSource(http::Url base, EurekaProtocol protocol, const http::ClientOptions& options);

    [[nodiscard]] Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
    ) override;

private:
    [[nodiscard]] Result<Snapshot> read_one(
        const std::string& service, Deadline deadline, const std::stop_token& stop
    );
    // That there is an Eureka server at all, before a 404 is believed to be of an application.
    [[nodiscard]] Result<void> check_base(Deadline deadline, const std::stop_token& stop);

    EurekaClient client_;
    bool is_checked_ = false;  // in the read under way
};

}  // namespace rollcall::registry
