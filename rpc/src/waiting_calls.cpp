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
    const auto front = calls_.begin() + static_cast<std::ptrdiff_t>(first_);
    calls_.insert(
        front, std::make_move_iterator(calls.begin()), std::make_move_iterator(calls.end())
    );
}

bool WaitingCalls::empty() {
    while (size() > 0 && front().done)
        drop_front();
    return size() == 0;
}

CallPtr WaitingCalls::pop() {
    CallPtr call = std::move(calls_[first_]);
    drop_front();
    return call;
}

Deadline WaitingCalls::earliest() const {
    Deadline earliest;
    for (std::size_t i = first_; i < calls_.size(); ++i)
        earliest = earliest.earlier(calls_[i]->deadline);
    return earliest;
}

void WaitingCalls::drop_front() {
    constexpr std::size_t kKeptCalls = 1024;
    calls_[first_++] = CallPtr{};
    if (first_ == calls_.size()) {
        calls_.clear();
        first_ = 0;
        if (calls_.capacity() > kKeptCalls) calls_.shrink_to_fit();
    } else if (first_ >= kKeptCalls && 2 * first_ >= calls_.size()) {
        calls_.erase(calls_.begin(), calls_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

}  // namespace rollcall::rpc
