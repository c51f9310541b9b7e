#pragma once
// Which instances of a service there are.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/discovery/instance_list.h>
#include <rollcall/discovery/selector.h>
#include <rollcall/registry/snapshot.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::discovery {

class DiscoveryState;

// How good a list is.
struct DiscoveryStatus {
    bool has_list = false;      // a list has come, be it empty
    std::size_t instances = 0;  // in it, whatever their status
    std::string index;          // the registry's, empty if it has none
    Duration age{0};            // since the source confirmed the list last; 0 without a list
    registry::Origin origin = registry::Origin::registry;  // of the list
    std::optional<Error> error;  // why the last attempt to renew it failed; none if it did not
    Duration failing_for{0};     // since the first failure after the last success
};

// A new list, and what is new about it. Instances are the same if they have the same id.
struct ListChange {
    std::shared_ptr<const registry::Snapshot> snapshot;  // the whole list
    std::vector<registry::Instance> added;
    std::vector<registry::Instance> changed;  // as they are now
    std::vector<registry::Instance> removed;  // as they were
};

// Ends a subscription when it is destroyed. The function may still be running on another thread
// when the destructor returns.
class Subscription {
public:
    Subscription() = default;

    explicit Subscription(std::shared_ptr<const void> keeper) : keeper_(std::move(keeper)) {}

private:
    std::shared_ptr<const void> keeper_;
};

// A thin handle on shared state: copies see the same list, and the state ends with the last of
// them. Readers take an immutable snapshot and never wait for I/O once there is a list.
// Thread safety: all members may be called from any thread. get(), get_all() and refresh() wait
// nowhere on an I/O thread of rpc: what they would have to wait for is an error there.
class Discovery {
public:
    // Asks the source for a new list and waits until it is here. Callers at the same time share
    // one request. An error leaves the list as it was. Lists given by hand are always fresh.
    [[nodiscard]] Result<void> refresh(Deadline deadline = Deadline::in(kDefaultWait));

    // Replaces the list. Where there is a registry, until its next answer.
    void update(InstanceList list);

    // One instance that takes calls. Fails with no_instances, and a sentence that says what was
    // missing, if there is none. Waits until `deadline` for the first list only.
    [[nodiscard]] Result<registry::Instance> get(
        SelectMode mode, Deadline deadline = Deadline::in(kDefaultWait)
    ) const;

    // All instances, in the source's order, whatever their status; possibly none.
    [[nodiscard]] Result<std::vector<registry::Instance>> get_all(
        Deadline deadline = Deadline::in(kDefaultWait)
    ) const;

    // The list as it is; null before the first. Never waits.
    [[nodiscard]] std::shared_ptr<const registry::Snapshot> snapshot() const;

    [[nodiscard]] DiscoveryStatus status() const;

    // Why no instance can be chosen, a whole clause: "the list of servers is empty (as of 2.0 s
    // ago)".
    [[nodiscard]] std::string why_none() const;

    // Says that somebody waits for a better list: the next refresh comes soon instead of on time.
    void hurry() const;

    // Calls `changed` after each new list and each failure to get one, on the thread that brought
    // it; it must not block, and what it throws is only logged. Never called again once the
    // subscription is destroyed, except for a call that has begun.
    [[nodiscard]] Subscription subscribe(std::function<void()> changed) const;

    // Calls `changed` with each list that differs from the one before, the first included: first
    // with the present one, if there is one, before it returns. Otherwise like subscribe(): in
    // order, never two calls at a time.
    [[nodiscard]] Subscription on_change(std::function<void(const ListChange&)> changed) const;

protected:
    static constexpr Duration kDefaultWait = std::chrono::seconds{5};

    explicit Discovery(std::shared_ptr<DiscoveryState> state) : state_(std::move(state)) {}

    // A failed attempt to renew the list, for sources of one's own.
    void fail(Error error);

    std::shared_ptr<DiscoveryState> state_;
};

// A list that is given and updated by hand.
class MultiServersDiscovery : public Discovery {
public:
    // MultiServersDiscovery servers{{"10.0.0.1:9000", "10.0.0.2:9000"}};
    MultiServersDiscovery() : MultiServersDiscovery(InstanceList{}) {}

    explicit MultiServersDiscovery(InstanceList list);

protected:
    // Without a list until the first update().
    struct NoListYet {};

    explicit MultiServersDiscovery(NoListYet);
};

}  // namespace rollcall::discovery
