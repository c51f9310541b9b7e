#pragma once
// How busy an instance is, as far as this process knows.

#include <rollcall/discovery/candidates.h>

#include <atomic>
#include <cstdint>

namespace rollcall::discovery {

// Counts calls and averages how long they take. Thread safety: any thread, without locks; of two
// samples at the same moment one may be lost, which an average survives.
class WorkMeter final : public LoadMeter {
public:
    explicit WorkMeter(TimePoint joined) : joined_(joined) {}

    void on_begin(TimePoint now);
    // One of them has ended: with an answer, or without.
    void on_answer(Duration took, TimePoint now);
    void on_end(TimePoint now);
    // How long one took or would take, beside its end.
    void on_sample(Duration took, TimePoint now);

    // Ever.
    [[nodiscard]] std::uint64_t begun() const { return begun_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::uint64_t answers() const;

    // What has ended is read first, so that it is never more than what has begun.
    [[nodiscard]] std::size_t in_flight() const override {
        const std::uint64_t ended = ended_.load(std::memory_order_acquire);
        return begun_.load(std::memory_order_relaxed) - ended;
    }

    // The moving average fades while nothing is sent there, so that one that was slow gets another
    // chance some time.
    [[nodiscard]] Load load(TimePoint now) const override;

private:
    const TimePoint joined_;
    std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> ended_{0};
    std::atomic<std::uint64_t> unanswered_{0};   // of those
    std::atomic<TimePoint::rep> busy_since_{0};  // nothing has ended since then
    std::atomic<Duration::rep> latency_{0};      // 0: no sample yet
    std::atomic<TimePoint::rep> sampled_{0};
};

}  // namespace rollcall::discovery
