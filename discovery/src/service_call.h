#pragma once
// One call of a ServiceClient, from its first attempt to its only end.

#include <rollcall/rpc/call.h>

#include "service_core.h"

#include <mutex>
#include <optional>
#include <vector>

namespace rollcall::discovery {

// Either an attempt is under way, or it waits in the room, or it is deciding what to do: one thing
// at a time, so only what cancel() and late_error() need is locked. Shared by whichever of them it
// is.
class ServiceCall {
public:
    using Self = std::shared_ptr<ServiceCall>;

    ServiceCall(ServiceCore::Self core, rpc::CallPtr outer);

    // Makes the next attempt, or waits, or ends.
    static void next(const Self& self);
    // Any thread, any time.
    static void cancel(const Self& self);

    // For a blocking caller whose deadline has passed without an end: what is known by now.
    [[nodiscard]] Error late_error();

private:
    class Attempt;

    static void decide(const Self& self);
    static void attempt(const Self& self, const Choice& choice, TimePoint now);
    static void wait(const Self& self, const Choice& choice, TimePoint now);
    static void on_failed(const Self& self, const SlotPtr& slot, Error error);
    // After an attempt; cancel() no longer concerns it.
    void forget_attempt();
    [[nodiscard]] Deadline attempt_deadline(bool is_last, TimePoint now);
    [[nodiscard]] bool may_repeat(const Error& error);
    [[nodiscard]] bool is_cancelled();
    [[nodiscard]] Error no_time_left(bool none_known);
    void end(Error error);

    const ServiceCore::Self core_;
    const rpc::CallPtr outer_;
    std::vector<SlotPtr> tried_;  // in this round
    Backoff pauses_;

    std::mutex mutex_;
    bool cancelled_ = false;
    bool under_way_ = false;  // an attempt
    unsigned attempts_ = 0;
    unsigned exposed_ = 0;  // attempts that may have been executed
    std::optional<Error> last_error_;
    unsigned current_number_ = 0;
    rpc::CallPtr current_;
    SlotPtr current_slot_;
};

}  // namespace rollcall::discovery
