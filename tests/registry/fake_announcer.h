#pragma once
// A registry in memory behind the port Announcer: what happens to it, a test decides.

#include <rollcall/registry/announcer.h>
#include <rollcall/registry/connect.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::tests {

// Any thread.
class FakeRegistry {
public:
    // How it answers from now on.
    enum class Mood { well, away, hung, forgetful, replacing };

    void set(Mood mood) {
        const std::lock_guard lock{mutex_};
        mood_ = mood;
        changed_.notify_all();
    }

    [[nodiscard]] int announcements() const { return read(announcements_); }

    [[nodiscard]] int renewals() const { return read(renewals_); }

    [[nodiscard]] int withdrawals() const { return read(withdrawals_); }

    // The instance as it was announced last.
    [[nodiscard]] registry::Instance last() const { return read(last_); }

    Result<registry::Lease> answer(int& counter, Deadline deadline, const std::stop_token& stop) {
        const std::stop_callback wake{stop, [this] {
                                          const std::lock_guard lock{mutex_};
                                          changed_.notify_all();
                                      }};
        std::unique_lock lock{mutex_};
        ++counter;
        if (mood_ == Mood::hung) {
            changed_.wait_until(lock, deadline.point(), [&] { return stop.stop_requested(); });
            if (stop.stop_requested()) return Error{Errc::cancelled, "cancelled"};
            return Error{Errc::registry_failed, "the fake is hung"};
        }
        if (mood_ == Mood::away) return Error{Errc::registry_failed, "the fake is away"};
        registry::Lease lease;
        lease.interval = std::chrono::milliseconds{20};
        if (mood_ == Mood::replacing) lease.replaced = {registry::lease_name(last_)};
        if (mood_ == Mood::forgetful && &counter == &renewals_) {
            lease.missing = {registry::lease_name(last_)};
            mood_ = Mood::well;
        }
        return lease;
    }

    [[nodiscard]] registry::Connection connection();

private:
    friend class FakeAnnouncer;

    template <class T>
    T read(const T& value) const {
        const std::lock_guard lock{mutex_};
        return value;
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Mood mood_ = Mood::well;
    int announcements_ = 0;
    int renewals_ = 0;
    int withdrawals_ = 0;
    registry::Instance last_;
};

class FakeAnnouncer final : public registry::Announcer {
public:
    explicit FakeAnnouncer(FakeRegistry& fake) : fake_(fake) {}

    Result<registry::Lease> announce(
        const std::vector<registry::Instance>& instances, Deadline deadline, std::stop_token stop
    ) override {
        {
            const std::lock_guard lock{fake_.mutex_};
            fake_.last_ = instances.at(0);
        }
        return fake_.answer(fake_.announcements_, deadline, stop);
    }

    Result<registry::Lease> renew(Deadline deadline, std::stop_token stop) override {
        return fake_.answer(fake_.renewals_, deadline, stop);
    }

    Result<void> withdraw(Deadline deadline, std::stop_token stop) override {
        auto lease = fake_.answer(fake_.withdrawals_, deadline, stop);
        if (!lease) return lease.error();
        return {};
    }

    Result<std::string> local_address(Deadline /*deadline*/, std::stop_token /*stop*/) override {
        return std::string{"192.0.2.7"};
    }

private:
    FakeRegistry& fake_;
};

inline registry::Connection FakeRegistry::connection() {
    registry::Connection made;
    made.announcer = std::make_unique<FakeAnnouncer>(*this);
    return made;
}

}  // namespace rollcall::tests
