#pragma once
// Which connections are open, and which of them nobody waits for.

#include <rollcall/base/clock.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

namespace rollcall::http {

// A connection is busy while a request of it waits for its answer, and idle otherwise. Pure.
// Thread safety: one thread at a time.
class IdleConnections {
public:
    using Id = std::uint64_t;

    // A new one is idle.
    void add(Id id, int descriptor, TimePoint now);
    void remove(Id id);

    // Unknown ids are ignored: they have been closed.
    void busy(Id id);
    void idle(Id id, TimePoint now);

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

    // The descriptor of the one that has been idle the longest, if for at least so long. It is
    // given once, to be closed.
    [[nodiscard]] std::optional<int> take_oldest(TimePoint now, Duration at_least);

private:
    struct Entry {
        Id id;
        TimePoint since;
    };

    using Order = std::list<Entry>;

    struct Connection {
        int descriptor;
        std::optional<Order::iterator> place;  // in idle_; none while busy
    };

    void take_out(Connection& connection);

    std::unordered_map<Id, Connection> all_;
    Order idle_;  // the longest idle first
};

}  // namespace rollcall::http
