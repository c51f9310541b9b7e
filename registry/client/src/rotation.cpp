#include "rotation.h"

namespace rollcall::registry {
namespace {

// Asks one member after the other, each at most once; the time that is left is divided among those
// that are left.
template <class Port, class Ask>
auto ask_each(Rotation<Port>& members, Deadline deadline, const std::stop_token& stop, Ask&& ask) {
    std::size_t left = members.size();
    for (;;) {
        const TimePoint now = SteadyClock::now();
        const Deadline share =
            deadline.is_never()
                ? deadline
                : Deadline::in(deadline.remaining(now) / static_cast<std::int64_t>(left), now);
        auto answer = ask(members.current(), share);
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
    : members_(std::move(members), first) {
}

Result<Lease> RotatingAnnouncer::announce(
    const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop
) {
    announced_ = instances;
    auto lease = ask_each(members_, deadline, stop, [&](Announcer& member, Deadline share) {
        return member.announce(announced_, share, stop);
    });
    current_knows_ = lease.has_value();
    return lease;
}

Result<Lease> RotatingAnnouncer::renew(Deadline deadline, std::stop_token stop) {
    auto lease = ask_each(members_, deadline, stop, [&](Announcer& member, Deadline share) {
        auto answer =
            current_knows_ ? member.renew(share, stop) : member.announce(announced_, share, stop);
        current_knows_ = answer.has_value();
        return answer;
    });
    return lease;
}

Result<void> RotatingAnnouncer::withdraw(Deadline deadline, std::stop_token stop) {
    if (!current_knows_) return {};
    return members_.current().withdraw(deadline, stop);
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
