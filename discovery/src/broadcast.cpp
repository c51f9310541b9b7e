#include <rollcall/discovery/broadcast.h>

namespace rollcall::discovery {

void BlockingBroadcast::complete(PackedReplies replies) noexcept {
    const std::lock_guard lock{mutex_};
    replies_.emplace(std::move(replies));
    changed_.notify_one();
}

std::optional<PackedReplies> BlockingBroadcast::wait(Deadline until) {
    std::unique_lock lock{mutex_};
    const auto here = [this] { return replies_.has_value(); };
    if (until.is_never()) {
        changed_.wait(lock, here);
    } else {
        changed_.wait_until(lock, until.point(), here);
    }
    return std::move(replies_);
}

}  // namespace rollcall::discovery
