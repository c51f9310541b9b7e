#pragma once
// Adapter: instances of this process in Eureka servers, Netflix's, Spring's and our own.

#include <rollcall/registry/announcer.h>

#include "eureka_client.h"

#include <map>
#include <string>
#include <vector>

namespace rollcall::registry {

// Registers each instance with a POST and renews it with a PUT. What Eureka has no place for is in
// its metadata (eureka_marks.h).
//
// Eureka does not tell processes with one id apart, so each renewal is followed by a look at who
// is listed: an incarnation that was not there when we came is a newer one. It replaces us, also
// for other requests, which begin with such a look. Between a look and its request there is a gap.
//
// A process that drains registers as DOWN, with a mark that says which kind of it. OUT_OF_SERVICE
// is an override on those servers: it would outlive a process that crashes and keep its successor
// out of service, and a plain registration with that status is not heeded.
//
// No timestamp is sent: the servers put in their own, so no clock of ours can make one think that
// it knows something newer.
class EurekaAnnouncer final : public Announcer {
public:
    EurekaAnnouncer(http::Url base, EurekaProtocol protocol, const http::ClientOptions& options);

    [[nodiscard]] Result<Lease> announce(
        const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop
    ) override;
    [[nodiscard]] Result<Lease> renew(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Result<void> withdraw(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Result<std::string> local_address(Deadline deadline, std::stop_token stop)
        override;

private:
    // Of an instance at this server.
    struct Past {
        bool was_accepted = false;
        std::vector<std::string> older;  // incarnations that were listed before that
    };

    // Keyed by name and incarnation.
    using Pasts = std::map<std::pair<std::string, std::string>, Past>;

    [[nodiscard]] Past& past_of(const Instance& instance);
    // Whether the server lists a newer process under the id. No answer is a no.
    [[nodiscard]] bool is_replaced(
        const Instance& instance, Deadline deadline, const std::stop_token& stop
    );
    [[nodiscard]] Result<void> post(
        const Instance& instance, Lease& lease, Deadline deadline, const std::stop_token& stop
    );
    [[nodiscard]] Lease lease() const;

    EurekaClient client_;
    std::vector<Instance> announced_;
    Pasts pasts_;
};

}  // namespace rollcall::registry
