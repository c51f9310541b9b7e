#pragma once
// Second attempts for calls that are answered later than most.

#include <rollcall/discovery/hedge_options.h>

#include "latency_quantile.h"
#include "retry.h"
#include "timed_queue.h"

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace rollcall::discovery {

// When they are due, and how many there may be. One queue and one timer for all calls of a client.
// Thread safety of the static members: any thread.
class Hedges {
public:
    using Self = std::shared_ptr<Hedges>;
    using Fire = std::function<void()>;

    // Throws std::invalid_argument if an option makes no sense.
    Hedges(const asio::any_io_executor& executor, const HedgeOptions& options);

    [[nodiscard]] bool is_on() const { return is_on_; }

    // Calls `fire` on an I/O thread once a second attempt is due. Not at all if it is not known
    // when that is, or if that is not before `ends`.
    static void plan(const Self& self, TimePoint now, TimePoint ends, Fire fire);
    static void close(const Self& self);

    // A call of those that may be hedged has begun.
    void on_call() { budget_.on_call(); }

    // One was answered, or given up after so long for the sake of the other attempt.
    void on_answer(Duration took);

    // Whether one more may be made.
    [[nodiscard]] bool take() { return budget_.take(); }

private:
    [[nodiscard]] std::optional<Duration> delay() const;
    // On the I/O thread.
    static void arm(const Self& self);
    static void fire_due(const Self& self);

    const HedgeOptions options_;
    const bool is_on_;
    const asio::any_io_executor executor_;
    RetryBudget budget_;
    LatencyQuantile latency_;

    std::mutex mutex_;
    TimedQueue<Fire> plans_;
    TimePoint armed_ = TimePoint::max();
    bool closed_ = false;
    asio::steady_timer timer_;  // of the I/O thread
};

}  // namespace rollcall::discovery
