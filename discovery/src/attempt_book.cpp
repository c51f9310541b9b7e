#include "attempt_book.h"

#include <algorithm>
#include <utility>

namespace rollcall::discovery {

unsigned AttemptBook::begin(const SlotPtr& slot) {
    const std::lock_guard lock{mutex_};
    running_.push_back({++attempts_, slot, nullptr, {}});
    return attempts_;
}

bool AttemptBook::submitted(unsigned number, rpc::Client& client, const rpc::CallPtr& call) {
    const std::lock_guard lock{mutex_};
    for (Running& each : running_) {
        if (each.number != number) continue;
        each.client = &client;
        each.call = call;
        return cancelled_ || over_;
    }
    return false;  // it is over already
}

AttemptBook::Running AttemptBook::take(unsigned number) {
    const auto found = std::find_if(running_.begin(), running_.end(), [&](const Running& each) {
        return each.number == number;
    });
    if (found == running_.end()) return {};
    Running taken = std::move(*found);
    running_.erase(found);
    return taken;
}

bool AttemptBook::win(unsigned number, std::vector<Running>& rest) {
    Running ended;  // let go of without the lock
    const std::lock_guard lock{mutex_};
    ended = take(number);
    rest = running_;
    return !std::exchange(over_, true);
}

AttemptBook::AfterFailure AttemptBook::fail(unsigned number, const Error& error) {
    Running ended;
    const std::lock_guard lock{mutex_};
    ended = take(number);
    if (over_) return AfterFailure::is_over;
    if (error.sent() == Sent::maybe_sent) ++exposed_;
    last_error_ = error;
    return running_.empty() ? AfterFailure::decide : AfterFailure::others_run;
}

bool AttemptBook::end(std::vector<Running>& rest) {
    const std::lock_guard lock{mutex_};
    rest = running_;
    return !std::exchange(over_, true);
}

std::vector<AttemptBook::Running> AttemptBook::cancel() {
    const std::lock_guard lock{mutex_};
    cancelled_ = true;
    return running_;
}

bool AttemptBook::is_cancelled() const {
    const std::lock_guard lock{mutex_};
    return cancelled_;
}

SlotPtr AttemptBook::alone(unsigned number) const {
    const std::lock_guard lock{mutex_};
    const bool is_alone = !over_ && !cancelled_ && running_.size() == 1;
    return is_alone && running_[0].number == number ? running_[0].slot : nullptr;
}

unsigned AttemptBook::exposed() const {
    const std::lock_guard lock{mutex_};
    return exposed_;
}

AttemptBook::Account AttemptBook::account() const {
    const std::lock_guard lock{mutex_};
    Account account{attempts_, exposed_, !running_.empty(), nullptr, last_error_};
    if (account.under_way) account.slot = running_.back().slot;
    return account;
}

}  // namespace rollcall::discovery
