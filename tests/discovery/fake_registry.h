#pragma once
// A registry in memory, as a Source sees it.

#include <rollcall/registry/source.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::tests {

[[nodiscard]] inline registry::Instance instance_named(const std::string& id, std::uint16_t port) {
    registry::Instance instance;
    instance.id = id;
    instance.address = "127.0.0.1";
    instance.port = port;
    return instance;
}

// Lists of any service, until it is down or hangs. Thread safety: any thread.
class FakeRegistry {
public:
    void list(std::vector<registry::Instance> instances, std::string index) {
        change([&] {
            instances_ = std::move(instances);
            index_ = std::move(index);
        });
    }

    void set_down(bool down) {
        change([&] { down_ = down; });
    }

    // It can be watched from now on.
    void set_watchable(bool watchable) {
        change([&] { watchable_ = watchable; });
    }

    // Waits are refused: too many others wait.
    void set_crowded(bool crowded) {
        change([&] { crowded_ = crowded; });
    }

    // Waits end at once, with nothing.
    void set_hasty(bool hasty) {
        change([&] { hasty_ = hasty; });
    }

    // Nobody may read that service.
    void refuse(const std::string& service) {
        change([&] { refused_ = service; });
    }

    // Reads that have begun do not end until it hangs no more.
    void set_hanging(bool hanging) {
        change([&] { hanging_ = hanging; });
    }

    [[nodiscard]] int reads() {
        const std::lock_guard lock{mutex_};
        return reads_;
    }

    [[nodiscard]] int waits() {
        const std::lock_guard lock{mutex_};
        return waits_;
    }

    // Whether somebody waits right now.
    [[nodiscard]] bool is_watched() {
        const std::lock_guard lock{mutex_};
        return waiting_ > 0;
    }

    [[nodiscard]] bool is_watchable() {
        const std::lock_guard lock{mutex_};
        return watchable_;
    }

    [[nodiscard]] int most_at_once() {
        const std::lock_guard lock{mutex_};
        return most_at_once_;
    }

    Result<std::vector<registry::Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, const std::stop_token& stop
    ) {
        // Under the lock, so that the wake cannot fall between the check and the wait.
        const std::stop_callback wake{stop, [this] {
                                          const std::lock_guard held{mutex_};
                                          changed_.notify_all();
                                      }};
        std::unique_lock lock{mutex_};
        ++reads_;
        most_at_once_ = std::max(most_at_once_, ++reading_);
        changed_.wait_until(lock, deadline.point(), [&] {
            return !hanging_ || stop.stop_requested();
        });
        --reading_;
        if (hanging_ || down_) {
            return Error{
                Errc::registry_failed, hanging_ ? "the registry hangs" : "connection refused"};
        }
        std::vector<registry::Snapshot> snapshots;
        for (const std::string& service : services) {
            if (service == refused_) return Error{Errc::registry_failed, "403 Forbidden"};
            snapshots.push_back({service, index_, instances_, SteadyClock::now()});
        }
        return snapshots;
    }

    Result<std::vector<registry::Snapshot>> wait(
        const std::vector<registry::KnownList>& known, Duration time, const std::stop_token& stop
    ) {
        const std::stop_callback wake{stop, [this] {
                                          const std::lock_guard held{mutex_};
                                          changed_.notify_all();
                                      }};
        std::unique_lock lock{mutex_};
        ++waits_;
        if (crowded_) return Error{Errc::overloaded, "as many wait already as it allows"};
        ++waiting_;
        // As in the members of a JSON object: one list for a name, and the last index counts.
        std::map<std::string, std::string> indexes;
        for (const registry::KnownList& each : known)
            indexes[each.service] = each.index;
        const auto has_news = [&](const auto& each) { return each.second != index_; };
        changed_.wait_for(lock, time, [&] {
            return stop.stop_requested() || down_ || hasty_ ||
                   std::any_of(indexes.begin(), indexes.end(), has_news);
        });
        --waiting_;
        if (stop.stop_requested()) return Error{Errc::cancelled, "the wait was ended"};
        if (down_) return Error{Errc::registry_failed, "connection reset"};
        std::vector<registry::Snapshot> snapshots;
        for (const auto& each : indexes) {
            if (has_news(each))
                snapshots.push_back({each.first, index_, instances_, SteadyClock::now()});
        }
        return snapshots;
    }

private:
    template <class Change>
    void change(Change&& apply) {
        const std::lock_guard lock{mutex_};
        apply();
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<registry::Instance> instances_;
    std::string index_ = "first.1";
    bool down_ = false;
    bool hanging_ = false;
    bool watchable_ = false;
    bool crowded_ = false;
    bool hasty_ = false;
    std::string refused_;
    int reads_ = 0;
    int waits_ = 0;
    int waiting_ = 0;
    int reading_ = 0;
    int most_at_once_ = 0;
};

class FakeSource final : public registry::Source {
public:
    explicit FakeSource(std::shared_ptr<FakeRegistry> registry) : registry_(std::move(registry)) {}

    [[nodiscard]] Result<std::vector<registry::Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
    ) override {
        return registry_->read(services, deadline, stop);
    }

    [[nodiscard]] std::size_t waits_for() const noexcept override {
        return registry_->is_watchable() ? 2 : 0;
    }

    [[nodiscard]] Result<std::vector<registry::Snapshot>> wait(
        const std::vector<registry::KnownList>& known,
        Duration wait,
        Deadline /*deadline*/,
        std::stop_token stop
    ) override {
        return registry_->wait(known, wait, stop);
    }

private:
    std::shared_ptr<FakeRegistry> registry_;
};

}  // namespace rollcall::tests
