#pragma once
// The connections to one instance and what is known of it.

#include <rollcall/discovery/service_client.h>

#include "connection_turns.h"
#include "health.h"
#include "neighbours.h"
#include "work_meter.h"

#include <atomic>
#include <mutex>

namespace rollcall::discovery {

// Shared by the list that names the instance and the attempts under way there: the last of them
// closes the connections. Thread safety: any thread.
class InstanceSlot {
public:
    InstanceSlot(
        Endpoint endpoint,
        const ServiceClientOptions& options,
        std::shared_ptr<Neighbours> neighbours,
        TimePoint now
    );
    ~InstanceSlot();
    InstanceSlot(const InstanceSlot&) = delete;
    InstanceSlot& operator=(const InstanceSlot&) = delete;

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

    [[nodiscard]] const WorkMeter& meter() const { return meter_; }

    // One of its connections, as ConnectionTurns says; made when first asked for, null once closed.
    // Lives as long as the slot.
    [[nodiscard]] rpc::Client* client();
    [[nodiscard]] bool is_connected() const;
    // Ends its calls with shutting_down; waits as Client::stop() does.
    void close();

    [[nodiscard]] bool is_avoided() const { return avoided_.load(std::memory_order_relaxed); }

    // When it is to be looked at again.
    [[nodiscard]] TimePoint probe_at() const;

    // Around each attempt: on_attempt(), and then on_success(), or on_end() behind the others.
    void on_attempt(TimePoint now) { meter_.on_begin(now); }

    void on_success(TimePoint began, TimePoint now);
    // True if a probe has to be planned, at probe_at().
    [[nodiscard]] bool on_failure(const Error& error, TimePoint began, TimePoint now);

    // It was cancelled because another instance has answered the same call sooner. True if a probe
    // has to be planned: an instance of which this is true time and again, and which answers
    // nothing in between, may hang, and with hedges no call would ever find out.
    [[nodiscard]] bool on_lost(TimePoint began, TimePoint now);

    // Without an answer.
    void on_end(TimePoint now) { meter_.on_end(now); }

    // A probe was answered, whatever with; or the registry has heard from it again.
    void on_alive(TimePoint now);

    // All but the instance.
    [[nodiscard]] InstanceState state(TimePoint now) const;

private:
    [[nodiscard]] rpc::Client* connect(std::size_t which);
    // Under the lock: tells those who read without it.
    void publish();
    // Others, in the second half of the time that a call has waited: it is only slow at that one.
    [[nodiscard]] bool has_answered_since(TimePoint began, TimePoint now) const;
    [[nodiscard]] bool is_bad_lately(TimePoint now);
    [[nodiscard]] rpc::ClientState connection() const;

    const Endpoint endpoint_;
    const rpc::ClientOptions options_;
    const std::shared_ptr<Neighbours> neighbours_;

    WorkMeter meter_;
    ConnectionTurns turns_;
    std::vector<std::atomic<rpc::Client*>> open_;  // null: to be asked for under the lock
    // Copies of what the lock guards, so that the good case needs no lock.
    std::atomic<bool> avoided_{false};
    std::atomic<bool> troubled_{false};  // avoided, or there are failures in a row
    std::atomic<TimePoint::rep> last_success_{TimePoint::min().time_since_epoch().count()};

    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<rpc::Client>> clients_;  // null: not needed yet
    unsigned lost_ = 0;       // attempts that others have answered sooner, since it has answered
    TimePoint lost_since_{};  // the first of them
    bool closed_ = false;
    bool counted_bad_ = false;  // by the neighbours
    Health health_;
    FailureWindow lately_;
    std::uint64_t failures_ = 0;  // it is to blame for
    std::uint64_t errors_ = 0;    // all outcomes that are no results
    std::optional<Error> last_error_;
};

}  // namespace rollcall::discovery
