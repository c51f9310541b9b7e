#include "discovery_state.h"

#include <rollcall/base/catching.h>
#include <rollcall/base/log.h>
#include <rollcall/rpc/io_threads.h>

#include "standing.h"

#include <algorithm>

namespace rollcall::discovery {
namespace {

std::string seconds_text(Duration duration) {
    const auto tenths =
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count() / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::vector<Candidate> takers_of(const registry::Snapshot& list) {
    std::vector<Candidate> fresh;
    std::vector<Candidate> stale;
    for (const registry::Instance& instance : list.instances) {
        if (takes_calls(instance)) (instance.stale ? stale : fresh).push_back({&instance, nullptr});
    }
    std::vector<Candidate>& chosen = fresh.empty() ? stale : fresh;
    std::sort(chosen.begin(), chosen.end(), [](const Candidate& a, const Candidate& b) {
        return a.instance->id < b.instance->id;
    });
    return std::move(chosen);
}

}  // namespace

void DiscoveryState::publish(std::shared_ptr<const registry::Snapshot> snapshot, TimePoint now) {
    std::shared_ptr<const Takers> old;  // let go of without the lock
    {
        const std::lock_guard lock{mutex_};
        old = std::move(takers_);
        snapshot_.swap(snapshot);
        confirmed_ = now;
        error_.reset();
        changed_.notify_all();
    }
    tell();
}

void DiscoveryState::confirm(TimePoint now) {
    const std::lock_guard lock{mutex_};
    confirmed_ = now;
    error_.reset();
}

void DiscoveryState::fail(Error error, TimePoint now) {
    {
        const std::lock_guard lock{mutex_};
        if (!error_) failing_since_ = now;
        error_ = std::move(error);
        changed_.notify_all();
    }
    tell();
}

void DiscoveryState::tell() {
    std::vector<std::shared_ptr<const Listener>> listeners;
    {
        const std::lock_guard lock{mutex_};
        for (auto each = listeners_.begin(); each != listeners_.end();) {
            if (auto listener = each->lock()) {
                listeners.push_back(std::move(listener));
                ++each;
            } else {
                each = listeners_.erase(each);
            }
        }
    }
    for (const auto& listener : listeners) {
        const Result<void> told = catching(Errc::handler_failed, [&]() -> Result<void> {
            (*listener)();
            return {};
        });
        if (!told) Log{}.error("a subscriber of " + subject_ + ": " + told.error().message());
    }
}

std::shared_ptr<const registry::Snapshot> DiscoveryState::snapshot() const {
    const std::lock_guard lock{mutex_};
    return snapshot_;
}

Result<std::shared_ptr<const registry::Snapshot>> DiscoveryState::wait_snapshot(Deadline deadline) {
    {
        std::unique_lock lock{mutex_};
        const auto here = [this] { return snapshot_ != nullptr; };
        if (!here() && !rpc::IoThreads::on_io_thread()) {
            lock.unlock();
            hurry();
            lock.lock();
            deadline.is_never() ? changed_.wait(lock, here)
                                : void(changed_.wait_until(lock, deadline.point(), here));
        }
        if (here()) return snapshot_;
    }
    return Error{Errc::no_instances, why_none(SteadyClock::now())};
}

DiscoveryStatus DiscoveryState::status(TimePoint now) const {
    const std::lock_guard lock{mutex_};
    DiscoveryStatus status;
    if (snapshot_) {
        status.has_list = true;
        status.instances = snapshot_->instances.size();
        status.index = snapshot_->index;
        status.age = now - confirmed_;
        status.origin = snapshot_->origin;
    }
    if (error_) {
        status.error = error_;
        status.failing_for = now - failing_since_;
    }
    return status;
}

std::string DiscoveryState::why_none(TimePoint now) const {
    const DiscoveryStatus now_known = status(now);
    std::string text = subject_;
    if (!now_known.has_list) {
        text += " is not known yet";
    } else if (now_known.instances == 0) {
        text += " is empty";
    } else {
        text += " names " + std::to_string(now_known.instances) + ", none of which takes calls";
    }
    if (now_known.error) {
        text += "; asking for it has failed for " + seconds_text(now_known.failing_for) + ": " +
                now_known.error->message();
    } else if (now_known.has_list) {
        text += " (as of " + seconds_text(now_known.age) + " ago)";
    }
    return text;
}

Subscription DiscoveryState::subscribe(std::function<void()> changed) {
    auto listener = std::make_shared<const Listener>(std::move(changed));
    const std::lock_guard lock{mutex_};
    // A list that never changes is told to nobody; those who have come and gone must not add up.
    if (listeners_.size() >= forget_at_) {
        std::erase_if(listeners_, [](const auto& each) { return each.expired(); });
        forget_at_ = std::max<std::size_t>(forget_at_, 2 * listeners_.size());
    }
    listeners_.push_back(listener);
    return Subscription{std::move(listener)};
}

std::size_t DiscoveryState::subscriptions() const {
    const std::lock_guard lock{mutex_};
    return listeners_.size();
}

Selector& DiscoveryState::selector(SelectMode mode) {
    const std::lock_guard lock{mutex_};
    auto& selector = selectors_[mode];
    if (!selector) selector = make_selector(mode);
    return *selector;
}

std::shared_ptr<const Takers> DiscoveryState::takers(
    std::shared_ptr<const registry::Snapshot> snapshot
) {
    auto made = std::make_shared<Takers>();
    {
        const std::lock_guard lock{mutex_};
        if (takers_ && takers_->snapshot == snapshot) return takers_;
        made->version = ++takers_made_;
    }
    made->members = takers_of(*snapshot);
    made->snapshot = std::move(snapshot);
    const std::lock_guard lock{mutex_};
    if (made->snapshot == snapshot_) takers_ = made;
    return made;
}

}  // namespace rollcall::discovery
