#pragma once
// What has happened to the registry's list, latest things last.

#include <rollcall/base/clock.h>
#include <rollcall/registry/instance.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

namespace rollcall::registry {

enum class ChangeKind {
    registered,  // new on the list
    restored,    // on the list again after a restart of the registry, from its snapshot
    changed,     // other data, the same process
    drained,     // takes no new calls from now on
    undrained,   // takes calls again
    replaced,    // another process has the id now
    held,        // its lease ran out together with too many others; listed as stale
    released,    // was held and is heard of again
    left,        // taken off the list by request
    expired,     // taken off the list for want of a heartbeat
};

[[nodiscard]] std::string_view name_of(ChangeKind kind) noexcept;

// True for the kinds after which the instance is no longer listed.
[[nodiscard]] bool takes_off(ChangeKind kind) noexcept;

struct Change {
    std::uint64_t number = 0;  // 1, 2, 3, ...
    TimePoint at{};
    ChangeKind kind{};
    std::shared_ptr<const Instance> instance;  // as it is now; as it was if it is off the list
};

// A ring: the oldest changes make room. Pure. Thread safety: one thread at a time.
class ChangeLog {
public:
    using Iterator = std::deque<Change>::const_iterator;

    explicit ChangeLog(std::size_t most) : most_(most) {}

    // Gives the change its number.
    std::uint64_t add(ChangeKind kind, std::shared_ptr<const Instance> instance, TimePoint now);

    // Of the last change; 0 if there was none.
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }

    // Whether everything after change `number` is still known; not so for numbers yet to come.
    [[nodiscard]] bool covers(std::uint64_t number) const noexcept;

    // The oldest change known that came after `number`; end() if there is none.
    [[nodiscard]] Iterator after(std::uint64_t number) const noexcept;
    // The oldest change known that came at or after `moment`.
    [[nodiscard]] Iterator since(TimePoint moment) const noexcept;

    [[nodiscard]] Iterator end() const noexcept { return changes_.end(); }

private:
    std::size_t most_;
    std::uint64_t last_ = 0;
    std::deque<Change> changes_;
};

}  // namespace rollcall::registry
