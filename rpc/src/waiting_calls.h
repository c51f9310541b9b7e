#pragma once
// The calls of a client that have not been sent.

#include <rollcall/rpc/call.h>

#include <deque>
#include <vector>

namespace rollcall::rpc {

// A queue in the order of submission. Calls that ended meanwhile (cancelled) stay in it and are
// skipped. Pure; one thread at a time.
class WaitingCalls {
public:
    void push(CallPtr call) { calls_.push_back(std::move(call)); }

    // Puts calls back that were sent but not executed, in the order in which they were sent.
    void put_back(std::vector<CallPtr> calls);

    // True if no call waits that is not over.
    [[nodiscard]] bool empty();

    // The first one; there must be one.
    [[nodiscard]] const Call& front() const { return *calls_.front(); }

    // Takes it.
    [[nodiscard]] CallPtr pop();

    [[nodiscard]] std::size_t size() const { return calls_.size(); }

    // Takes every call for which `matches(call)`, the others keep their order.
    template <class Predicate>
    [[nodiscard]] std::vector<CallPtr> take_if(Predicate&& matches) {
        std::vector<CallPtr> taken;
        std::deque<CallPtr> kept;
        for (CallPtr& call : calls_) {
            if (call->done) continue;
            if (matches(*call)) {
                taken.push_back(std::move(call));
            } else {
                kept.push_back(std::move(call));
            }
        }
        calls_.swap(kept);
        return taken;
    }

    [[nodiscard]] Deadline earliest() const;

private:
    std::deque<CallPtr> calls_;
};

}  // namespace rollcall::rpc
