#include "waiting_calls.h"

#include "stream_link.h"

#include <algorithm>
#include <iterator>

namespace rollcall::rpc {

void WaitingCalls::put_back(std::vector<CallPtr> calls) {
    std::sort(calls.begin(), calls.end(), [](const CallPtr& a, const CallPtr& b) {
        return a->wire_end < b->wire_end;
    });
    for (const CallPtr& call : calls) {
        if (call->kind == Call::Kind::stream) call->stream()->link().unbind();
    }
    calls_.insert(
        calls_.begin(), std::make_move_iterator(calls.begin()), std::make_move_iterator(calls.end())
    );
}

bool WaitingCalls::empty() {
    while (!calls_.empty() && calls_.front()->done)
        calls_.pop_front();
    return calls_.empty();
}

CallPtr WaitingCalls::pop() {
    CallPtr call = std::move(calls_.front());
    calls_.pop_front();
    return call;
}

Deadline WaitingCalls::earliest() const {
    Deadline earliest;
    for (const CallPtr& call : calls_)
        earliest = earliest.earlier(call->deadline);
    return earliest;
}

}  // namespace rollcall::rpc
