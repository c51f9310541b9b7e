#pragma once
// The connection to one instance and what is known of it.

#include <rollcall/discovery/service_client.h>

#include "avoidance.h"

#include <atomic>
#include <mutex>

namespace rollcall::discovery {

// Shared by the list that names the instance and the attempts under way there: the last of them
// closes the connection. Thread safety: any thread.
class InstanceSlot {
public:
    InstanceSlot(Endpoint endpoint, rpc::ClientOptions options, BackoffOptions avoid);

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

    // Made when first asked for; null once closed. Lives as long as the slot.
    [[nodiscard]] rpc::Client* client();
    // Ends its calls with shutting_down; waits as Client::stop() does.
    void close();

    [[nodiscard]] bool is_avoided(TimePoint now) const {
        return now.time_since_epoch().count() < avoided_until_.load(std::memory_order_relaxed);
    }

    // Before an attempt there. False if it failed before and another call has come first to try it
    // again; then it is avoided.
    [[nodiscard]] bool take_probe(TimePoint now);

    // Around each attempt.
    void on_attempt();
    void on_success(TimePoint now);
    void on_failure(const Error& error, TimePoint began, TimePoint now);

    void on_end() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

    // All but the instance.
    [[nodiscard]] InstanceState state(TimePoint now) const;

private:
    void publish() {
        avoided_until_.store(
            avoidance_.until().time_since_epoch().count(), std::memory_order_relaxed
        );
    }

    const Endpoint endpoint_;
    const rpc::ClientOptions options_;

    std::atomic<std::size_t> in_flight_{0};
    std::atomic<std::uint64_t> attempts_{0};
    // Copies of what the lock guards, so that the good case needs no lock.
    std::atomic<TimePoint::rep> avoided_until_{TimePoint::min().time_since_epoch().count()};
    std::atomic<TimePoint::rep> last_success_{TimePoint::min().time_since_epoch().count()};

    mutable std::mutex mutex_;
    std::optional<rpc::Client> client_;
    bool closed_ = false;
    Avoidance avoidance_;
    std::uint64_t failures_ = 0;
    std::optional<Error> last_error_;
};

}  // namespace rollcall::discovery
