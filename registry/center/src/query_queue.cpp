#include "query_queue.h"

namespace rollcall::registry {

bool QueryQueue::push(std::function<void()> work) {
    if (work_.size() >= most_) return false;
    push_always(std::move(work));
    return true;
}

void QueryQueue::push_always(std::function<void()> work) {
    work_.push_back(std::move(work));
    if (work_.size() == 1) post_([this] { turn(); });
}

// What is at the front stays there while it is done, so that what it pushes starts no second turn.
void QueryQueue::turn() {
    turn_ends_ = SteadyClock::now() + slice_;
    do {
        work_.front()();
        work_.pop_front();
    } while (!work_.empty() && !slice_is_over());
    if (!work_.empty()) post_([this] { turn(); });
}

}  // namespace rollcall::registry
