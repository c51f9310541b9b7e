#include <rollcall/base/home_process.h>
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/registry/validation.h>
#include <rollcall/rpc/io_threads.h>

#include "polled_service.h"
#include "registry_poller.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace rollcall::discovery {
namespace {

// What the handles of a RegistryDiscovery share. It owns nothing that has to be waited for: the
// poller, too, may be the last to let go of it. Both outlive the handles.
class PolledState final : public DiscoveryState {
public:
    PolledState(RegistryPoller& poller, PolledService& polled)
        : DiscoveryState("the list of '" + polled.service + "' at " + poller.name()),
          poller_(poller),
          polled_(polled) {}

    [[nodiscard]] Result<void> refresh(Deadline deadline) override {
        if (!rpc::IoThreads::on_io_thread()) return poller_.refresh(polled_, deadline);
        return Error{
            Errc::would_deadlock, "refresh() waits for the registry, which an I/O thread must not"};
    }

    void hurry() override { poller_.hurry(polled_); }

private:
    RegistryPoller& poller_;
    PolledService& polled_;
};

// What the handles own; the poller never does, so that the last of them is a user's and can wait.
class Keeper {
public:
    Keeper(std::shared_ptr<RegistryPoller> poller, std::shared_ptr<PolledService> polled)
        : poller_(std::move(poller)), polled_(std::move(polled)) {
        polled_->state = std::make_shared<PolledState>(*poller_, *polled_);
        poller_->add(polled_);
    }

    ~Keeper() { poller_->remove(polled_); }

    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    [[nodiscard]] DiscoveryState* state() const { return polled_->state.get(); }

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
    std::shared_ptr<RegistryPoller> poller, std::shared_ptr<PolledService> service
) {
    // In a forked child it stays as it is.
    auto keeper = make_shared_at_home<Keeper>(std::move(poller), std::move(service));
    DiscoveryState* const state = keeper->state();
    return {std::move(keeper), state};
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
