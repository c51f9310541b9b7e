#pragma once
// Adapter: the header protocol, in which a registry is one path and all data is in headers.

#include <rollcall/http/client.h>
#include <rollcall/registry/announcer.h>
#include <rollcall/registry/source.h>

#include <chrono>
#include <string>

namespace rollcall::registry {

struct HeaderProtocol {
    // Of the headers <prefix>Server, <prefix>Servers and <prefix>Service.
    std::string prefix = "X-Myrpc-";
    // The registry's lease, which the protocol does not tell: 5 s is the shortest in use. Renewed
    // three times as often, and more often for an instance that asks for a shorter one.
    std::chrono::milliseconds ttl{5000};
};

// A POST with the address announces and renews, so nothing is ever missing; two processes with
// one address are not told apart. An instance that is not `up` is taken off the list, because the
// protocol has no status. A registry that does not know DELETE (405) keeps what is withdrawn until
// its lease ends, which is not an error.
class HeaderAnnouncer final : public Announcer {
public:
    // `base` is the registry's whole URL. Dials nothing yet.
    HeaderAnnouncer(
        http::Url base, HeaderProtocol protocol, const http::ClientOptions& options = {}
    );

    [[nodiscard]] Result<Lease> announce(
        const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop = {}
    ) override;
    [[nodiscard]] Result<Lease> renew(Deadline deadline, std::stop_token stop = {}) override;
    [[nodiscard]] Result<void> withdraw(Deadline deadline, std::stop_token stop = {}) override;
    [[nodiscard]] Result<std::string> local_address(Deadline deadline, std::stop_token stop = {})
        override;

private:
    [[nodiscard]] Result<void> post(
        const Instance& instance, Deadline deadline, const std::stop_token& stop
    );
    [[nodiscard]] Result<void> remove(
        const Instance& instance, Deadline deadline, const std::stop_token& stop
    );
    [[nodiscard]] Lease lease() const;

    http::Client client_;
    HeaderProtocol protocol_;
    std::vector<Instance> announced_;
};

// Asks for the list as JSON, which has no size limit, and takes the header <prefix>Servers from
// registries that do not know that. A list of more than 8 KiB in a header is an error that says
// so. Entries that are not host:port or scheme@host:port are left out. A registry that does not
// know services gives each of them the whole list.
class HeaderSource final : public Source {
public:
    HeaderSource(http::Url base, HeaderProtocol protocol, const http::ClientOptions& options = {});

    [[nodiscard]] Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop = {}
    ) override;

private:
    http::Client client_;
    HeaderProtocol protocol_;
};

}  // namespace rollcall::registry
