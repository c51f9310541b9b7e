#pragma once
// How a handler hears that nobody waits for it any more. Users need server.h only.

#include <atomic>
#include <stop_token>

namespace rollcall::rpc {

// A std::stop_source that is made when its token is first asked for: few handlers ever do, and one
// costs memory. Thread safety: any thread.
class StopOnDemand {
public:
    StopOnDemand() = default;
    StopOnDemand(const StopOnDemand&) = delete;
    StopOnDemand& operator=(const StopOnDemand&) = delete;
    ~StopOnDemand();

    // Without memory for it, one that is never asked to stop.
    [[nodiscard]] std::stop_token token() const noexcept;

    // Callbacks run here.
    void request_stop() noexcept;

private:
    // Null at first; then what was made, or, if it was to stop before, kStopped for ever.
    mutable std::atomic<std::stop_source*> source_{nullptr};
};

}  // namespace rollcall::rpc
