#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/registry/validation.h>
#include <rollcall/rpc/io_threads.h>

#include "registry_poller.h"

#include <stdexcept>
#include <string>

namespace rollcall::discovery {
namespace {

// The state of a RegistryDiscovery: it is published into by the poller, which it keeps alive.
class PolledState final : public DiscoveryState {
public:
    PolledState(std::shared_ptr<RegistryPoller> poller, std::shared_ptr<PolledService> polled)
        : DiscoveryState("the list of '" + polled->service + "' at " + poller->name()),
          poller_(std::move(poller)),
          polled_(std::move(polled)) {}

    ~PolledState() override { poller_->remove(polled_); }

    [[nodiscard]] Result<void> refresh(Deadline deadline) override {
        if (!rpc::IoThreads::on_io_thread()) return poller_->refresh(*polled_, deadline);
        return Error{
            Errc::would_deadlock, "refresh() waits for the registry, which an I/O thread must not"};
    }

    void hurry() override { poller_->hurry(*polled_); }

private:
    const std::shared_ptr<RegistryPoller> poller_;
    const std::shared_ptr<PolledService> polled_;
};

void require(bool holds, const char* sentence) {
    if (!holds) throw std::invalid_argument{sentence};
}

std::shared_ptr<PolledService> polled(
    std::string_view service, const RegistryDiscoveryOptions& options
) {
    const Result<std::string> name = registry::normalized_service(service);
    if (!name) throw std::invalid_argument{name.error().message()};
    const std::chrono::milliseconds none{0};
    require(options.refresh > none, "RegistryDiscoveryOptions::refresh must be positive");
    require(
        options.request_timeout > none, "RegistryDiscoveryOptions::request_timeout must be positive"
    );
    require(options.hurry_gap > none, "RegistryDiscoveryOptions::hurry_gap must be positive");
    require(
        options.empty_hold >= none, "RegistryDiscoveryOptions::empty_hold must not be negative"
    );
    return std::make_shared<PolledService>(*name, options);
}

std::shared_ptr<DiscoveryState> start(
    const std::shared_ptr<RegistryPoller>& poller, const std::shared_ptr<PolledService>& service
) {
    // The poller is its own: in a forked child both stay as they are.
    auto state = make_shared_at_home<PolledState>(poller, service);
    service->state = state;
    poller->add(service);
    return state;
}

}  // namespace

RegistryDiscovery::RegistryDiscovery(
    std::string_view url, std::string_view service, const RegistryDiscoveryOptions& options
)
    : Discovery(
          start(RegistryPoller::of(std::string{url}, options.access), polled(service, options))
      ) {
}

RegistryDiscovery::RegistryDiscovery(
    std::unique_ptr<registry::Source> source,
    std::string_view name,
    std::string_view service,
    const RegistryDiscoveryOptions& options
)
    : Discovery(start(
          std::make_shared<RegistryPoller>(std::move(source), std::string{name}),
          polled(service, options)
      )) {
}

}  // namespace rollcall::discovery
