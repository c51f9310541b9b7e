#pragma once
// The calls that are answered while the messages of one read are handed out.

#include <rollcall/rpc/call_metrics.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace rollcall::rpc {

// They were read together and their replies leave together, so they take the same time: from the
// read to the moment before the write. One look at the clock serves them all, and calls in a row
// that ended alike are counted at once. One thread at a time.
class CallBatch {
public:
    // `method` may be null: not counted. `read`: when the batch was read.
    void add(
        CallMetrics::Method* method,
        Errc outcome,
        std::size_t request_bytes,
        std::size_t reply_bytes,
        TimePoint read
    ) noexcept {
        if (method == nullptr) return;
        if (size_ == 0 || runs_[size_ - 1].method != method ||
            runs_[size_ - 1].end.outcome != outcome) {
            if (size_ == runs_.size()) end(read);
            runs_[size_++] = Run{method, 0, CallEnd{outcome}};
        }
        Run& run = runs_[size_ - 1];
        ++run.calls;
        run.end.request_bytes += request_bytes;
        run.end.reply_bytes += reply_bytes;
    }

    void end(TimePoint read) noexcept {
        if (size_ == 0) return;
        const Duration latency = SteadyClock::now() - read;
        for (std::size_t i = 0; i < size_; ++i) {
            runs_[i].end.latency = latency;
            runs_[i].method->count(runs_[i].calls, runs_[i].end);
        }
        size_ = 0;
    }

private:
    struct Run {
        CallMetrics::Method* method = nullptr;
        std::uint64_t calls = 0;
        CallEnd end;
    };

    std::array<Run, 16> runs_{};
    std::size_t size_ = 0;
};

}  // namespace rollcall::rpc
