#pragma once
// The calls of a client that have not been sent.

#include <rollcall/rpc/call.h>

#include <cstddef>
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
    [[nodiscard]] const Call& front() const { return *calls_[first_]; }

    // Takes it.
    [[nodiscard]] CallPtr pop();

    [[nodiscard]] std::size_t size() const { return calls_.size() - first_; }

    // Takes every call for which `matches(call)`, the others keep their order.
    template <class Predicate>
    [[nodiscard]] std::vector<CallPtr> take_if(Predicate&& matches) {
        std::vector<CallPtr> taken;
        std::vector<CallPtr> kept;
        for (std::size_t i = first_; i < calls_.size(); ++i) {
            CallPtr& call = calls_[i];
            if (call->done) continue;
            (matches(*call) ? taken : kept).push_back(std::move(call));
        }
        calls_.swap(kept);
        first_ = 0;
        return taken;
    }

    [[nodiscard]] Deadline earliest() const;

private:
    // Of the calls, those in front have been taken. The memory stays for the next ones, unless it
    // is much: a deque would take and give back a block for each few.
    void drop_front();

    std::vector<CallPtr> calls_;
    std::size_t first_ = 0;
};

}  // namespace rollcall::rpc
