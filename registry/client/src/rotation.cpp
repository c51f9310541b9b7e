#include "rotation.h"

#include <algorithm>
#include <optional>

namespace rollcall::registry {
namespace {

// What is left of the time, for the next of `left` members.
Deadline share_of(Deadline deadline, std::size_t left) {
    if (deadline.is_never()) return deadline;
    const TimePoint now = SteadyClock::now();
    return Deadline::in(deadline.remaining(now) / static_cast<std::int64_t>(left), now);
}

// Asks one member after the other, each at most once; the time that is left is divided among those
// that are left.
template <class Port, class Ask>
auto ask_each(Rotation<Port>& members, Deadline deadline, const std::stop_token& stop, Ask&& ask) {
    std::size_t left = members.size();
    for (;;) {
        auto answer = ask(members.current(), share_of(deadline, left));
        const bool is_final = answer || answer.error().code() == Errc::cancelled ||
                              answer.error().code() == Errc::invalid_argument;
        if (is_final) return answer;
        members.next();
        if (--left == 0 || stop.stop_requested() || deadline.expired()) return answer;
    }
}

}  // namespace

RotatingAnnouncer::RotatingAnnouncer(
    std::vector<std::unique_ptr<Announcer>> members, std::size_t first
)
    : members_(std::move(members), first), heard_(members_.size(), Heard::nothing) {
}

template <class Ask>
Result<Lease> RotatingAnnouncer::tell(Deadline deadline, const std::stop_token& stop, Ask&& ask) {
    return ask_each(members_, deadline, stop, [&](Announcer& member, Deadline share) {
        // A request that is not answered, or is cut short, may have arrived.
        Heard& heard = heard_[members_.at()];
        if (heard == Heard::nothing) heard = Heard::perhaps;
        auto answer = ask(member, share);
        if (answer) heard = Heard::all;
        current_knows_ = answer.has_value();
        return answer;
    });
}

Result<Lease> RotatingAnnouncer::announce(
    const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop
) {
    announced_ = instances;
    return tell(deadline, stop, [&](Announcer& member, Deadline share) {
        return member.announce(announced_, share, stop);
    });
}

Result<Lease> RotatingAnnouncer::renew(Deadline deadline, std::stop_token stop) {
    return tell(deadline, stop, [&](Announcer& member, Deadline share) {
        return current_knows_ ? member.renew(share, stop)
                              : member.announce(announced_, share, stop);
    });
}

Result<void> RotatingAnnouncer::withdraw(Deadline deadline, std::stop_token stop) {
    const auto unaware = std::count(heard_.begin(), heard_.end(), Heard::nothing);
    std::size_t left = members_.size() - static_cast<std::size_t>(unaware);
    std::optional<Error> sure;      // of one that has listed them
    std::optional<Error> doubtful;  // of one that perhaps has not: a replica that refuses to write
    bool has_left = left == 0;
    // Once around, from the current one, which lists them most likely.
    for (std::size_t i = 0; i < members_.size(); ++i, members_.next()) {
        Heard& heard = heard_[members_.at()];
        if (heard == Heard::nothing) continue;
        auto gone = members_.current().withdraw(share_of(deadline, left--), stop);
        if (!gone) {
            (heard == Heard::all ? sure : doubtful) = gone.error();
            continue;
        }
        heard = Heard::nothing;
        has_left = true;
    }
    if (sure) return *sure;
    if (!has_left) return *doubtful;
    return {};
}

Result<std::string> RotatingAnnouncer::local_address(Deadline deadline, std::stop_token stop) {
    return ask_each(members_, deadline, stop, [&](Announcer& member, Deadline share) {
        return member.local_address(share, stop);
    });
}

RotatingSource::RotatingSource(std::vector<std::unique_ptr<Source>> members, std::size_t first)
    : members_(std::move(members), first) {
}

Result<std::vector<Snapshot>> RotatingSource::read(
    const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
) {
    return ask_each(members_, deadline, stop, [&](Source& member, Deadline share) {
        return member.read(services, share, stop);
    });
}

Result<std::vector<Snapshot>> RotatingSource::wait(
    const std::vector<KnownList>& known, Duration wait, Deadline deadline, std::stop_token stop
) {
    auto news = members_.current().wait(known, wait, deadline, stop);
    if (!news && !stop.stop_requested()) members_.next();
    return news;
}

}  // namespace rollcall::registry
