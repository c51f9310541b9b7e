#pragma once
// Adapter: the registry's own HTTP API, /v1.

#include <rollcall/http/client.h>
#include <rollcall/registry/announcer.h>
#include <rollcall/registry/source.h>

namespace rollcall::registry {

// Registers each instance with a PUT and renews all of them with one request. The registry says
// how often, which instances it has lost, and which were replaced by a newer process.
class NativeAnnouncer final : public Announcer {
public:
    // `base` is what /v1 is appended to. Dials nothing yet.
    explicit NativeAnnouncer(http::Url base, const http::ClientOptions& options = {});

    [[nodiscard]] Result<Lease> announce(
        const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop = {}
    ) override;
    [[nodiscard]] Result<Lease> renew(Deadline deadline, std::stop_token stop = {}) override;
    [[nodiscard]] Result<void> withdraw(Deadline deadline, std::stop_token stop = {}) override;
    [[nodiscard]] Result<std::string> local_address(Deadline deadline, std::stop_token stop = {})
        override;

private:
    http::Client client_;
    std::vector<Instance> announced_;
};

// Reads each service with a GET, and waits for changes of up to 256 of them with one request.
class NativeSource final : public Source {
public:
    explicit NativeSource(http::Url base, const http::ClientOptions& options = {});

    [[nodiscard]] Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop = {}
    ) override;

    [[nodiscard]] std::size_t waits_for() const noexcept override { return 256; }

    [[nodiscard]] Result<std::vector<Snapshot>> wait(
        const std::vector<KnownList>& known,
        Duration wait,
        Deadline deadline,
        std::stop_token stop = {}
    ) override;

private:
    http::Client client_;
    http::Client watch_client_;  // its connection is lost whenever a wait is ended early
};

}  // namespace rollcall::registry
