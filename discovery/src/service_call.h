#pragma once
// A call of a ServiceClient that takes more than one attempt at once, to its only end.

#include <rollcall/rpc/call.h>

#include "attempt_book.h"
#include "service_core.h"

#include <vector>

namespace rollcall::discovery {

// Attempts are under way, or it waits in the room, or it is deciding what to do. Shared by
// whichever of them it is. After the first attempt everything is decided on one I/O thread.
class ServiceCall {
public:
    using Self = std::shared_ptr<ServiceCall>;

    // Nothing has been tried yet.
    ServiceCall(ServiceCore::Self core, rpc::CallPtr outer);
    // One attempt has been made, and has failed so.
    ServiceCall(ServiceCore::Self core, rpc::CallPtr outer, const Error& error);

    // The first attempt.
    static void start(const Self& self) { next(self); }

    // After the attempt that was made there. Decided on an I/O thread, never here.
    static void go_on(const Self& self, const SlotPtr& slot, Error error);
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
    static void plan_hedge(const Self& self, unsigned number, bool is_last, TimePoint now);
    // The attempt has not been answered yet: perhaps one more beside it.
    static void hedge(const Self& self, unsigned number);
    static void decide_later(
        const Self& self, const SlotPtr& slot, Error error, AttemptBook::AfterFailure after
    );
    static void on_failed(
        const Self& self, const SlotPtr& slot, Error error, AttemptBook::AfterFailure after
    );
    static void cancel_all(const std::vector<AttemptBook::Running>& attempts);
    [[nodiscard]] Choice choose(const std::vector<SlotPtr>& tried, TimePoint now);
    // Whether a further attempt may follow or stand beside one that is made now.
    [[nodiscard]] bool may_have_another() const;
    [[nodiscard]] Deadline attempt_deadline(bool is_last, TimePoint now);
    [[nodiscard]] bool may_repeat(const Error& error);
    [[nodiscard]] Error no_time_left(bool none_known);
    void end(Error error);

    const ServiceCore::Self core_;
    const rpc::CallPtr outer_;
    std::vector<SlotPtr> tried_;  // in this round
    Backoff pauses_;
    AttemptBook book_;
};

}  // namespace rollcall::discovery
