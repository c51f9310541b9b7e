#pragma once
// Processes and a client of theirs, while things happen to etcd.

#include <rollcall/discovery/registry_discovery.h>

#include "registry/etcd_fixture.h"

#include <atomic>
#include <memory>

namespace rollcall::registry::tests {

// Servers that register and a client that knows them, and whether its list was ever short.
class Fleet {
public:
    Fleet(const std::string& url, int servers, std::chrono::milliseconds ttl)
        : found_(url, "calculator", discovery_options()),
          servers_(static_cast<std::size_t>(servers)) {
        for (int i = 0; i < servers; ++i) {
            auto options = options_for(static_cast<std::uint16_t>(9000 + i), ttl);
            options.request_timeout = std::chrono::seconds{1};
            registrars_.push_back(std::make_unique<Registrar>(url, options));
        }
        for (const auto& registrar : registrars_)
            EXPECT_TRUE(registrar->wait_registered(Deadline::in(kPatience)).has_value());
        EXPECT_TRUE(eventually([this] { return known() == servers_; }));
        watch_ = found_.on_change([this](const discovery::ListChange& change) {
            least_ = std::min(least_.load(), change.snapshot->instances.size());
        });
    }

    [[nodiscard]] std::size_t known() const {
        const auto list = found_.snapshot();
        return list ? list->instances.size() : 0;
    }

    // The shortest list that the client has ever had since it knew all.
    [[nodiscard]] std::size_t least() const { return least_; }

    [[nodiscard]] bool all_stale() const {
        const auto list = found_.snapshot();
        return std::all_of(list->instances.begin(), list->instances.end(), [](const auto& each) {
            return each.stale;
        });
    }

    [[nodiscard]] bool any_stale() const {
        const auto list = found_.snapshot();
        return std::any_of(list->instances.begin(), list->instances.end(), [](const auto& each) {
            return each.stale;
        });
    }

    [[nodiscard]] bool all_registered() const {
        return std::all_of(registrars_.begin(), registrars_.end(), [](const auto& each) {
            return each->state() == RegistrarState::registered;
        });
    }

    [[nodiscard]] const discovery::RegistryDiscovery& found() const { return found_; }

    // A change of the first server's is seen: the watch works.
    [[nodiscard]] bool hears_of_changes() {
        registrars_.front()->set_status(Status::draining);
        const bool seen = eventually([this] {
            const auto list = found_.snapshot();
            return !list->instances.empty() &&
                   list->instances.front().effective_status() == Status::draining;
        });
        registrars_.front()->set_status(Status::up);
        return seen;
    }

private:
    static discovery::RegistryDiscoveryOptions discovery_options() {
        discovery::RegistryDiscoveryOptions options;
        options.refresh = std::chrono::seconds{60};  // so that what is heard was told by the watch
        options.request_timeout = std::chrono::seconds{1};
        options.log = Log::none();
        return options;
    }

    discovery::RegistryDiscovery found_;
    std::size_t servers_;
    std::vector<std::unique_ptr<Registrar>> registrars_;
    std::atomic<std::size_t> least_{1000};
    discovery::Subscription watch_;
};

}  // namespace rollcall::registry::tests
