#pragma once
// What is new about a list.

#include <rollcall/discovery/discovery.h>

#include <functional>
#include <memory>
#include <mutex>

namespace rollcall::discovery {

// Pure. `before` is null before the first list. Sorted by id.
[[nodiscard]] ListChange change_between(
    const registry::Snapshot* before, std::shared_ptr<const registry::Snapshot> after
);

[[nodiscard]] bool is_empty(const ListChange& change);

// Tells one listener of changes. Thread safety: any thread; calls follow one another.
class ChangeTeller {
public:
    explicit ChangeTeller(std::function<void(const ListChange&)> changed)
        : changed_(std::move(changed)) {}

    // The list as it is now; null before the first.
    void tell(std::shared_ptr<const registry::Snapshot> snapshot);

private:
    std::mutex mutex_;
    const std::function<void(const ListChange&)> changed_;
    std::shared_ptr<const registry::Snapshot> told_;
};

}  // namespace rollcall::discovery
