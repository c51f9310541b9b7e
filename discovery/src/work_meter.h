#pragma once
// How busy an instance is, as far as this process knows.

#include <rollcall/discovery/candidates.h>

#include <atomic>

namespace rollcall::discovery {

// Counts calls and averages how long they take. Thread safety: any thread, without locks; of two
// samples at the same moment one may be lost, which an average survives.
class WorkMeter final : public LoadMeter {
public:
    explicit WorkMeter(TimePoint joined) : joined_(joined) {}

    void on_begin(TimePoint now);
    // Whatever became of it.
    void on_end(TimePoint now);
    // It was answered; before on_end().
    void on_answer(Duration took, TimePoint now);

    [[nodiscard]] std::size_t in_flight() const override {
        return in_flight_.load(std::memory_order_relaxed);
    }

    // The moving average fades while nothing is sent there, so that one that was slow gets another
    // chance some time.
    [[nodiscard]] Load load(TimePoint now) const override;

private:
    const TimePoint joined_;
    std::atomic<std::size_t> in_flight_{0};
    std::atomic<TimePoint::rep> busy_since_{0};  // nothing has ended since then
    std::atomic<Duration::rep> latency_{0};      // 0: no sample yet
    std::atomic<TimePoint::rep> sampled_{0};
};

}  // namespace rollcall::discovery
