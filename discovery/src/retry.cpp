#include "retry.h"

namespace rollcall::discovery {

bool blames_instance(Errc code) noexcept {
    switch (code) {
        case Errc::resolve_failed:
        case Errc::connect_failed:
        case Errc::timed_out:
        case Errc::connection_lost:
        case Errc::protocol_error:
        case Errc::unavailable:
            return true;
        default:
            return false;
    }
}

bool is_certain(Errc code) noexcept {
    return blames_instance(code) && code != Errc::timed_out;
}

Deadline deadline_of_one(Deadline all, Duration fixed, TimePoint now) {
    if (fixed > Duration::zero()) return all.earlier(Deadline::in(fixed, now));
    return all.is_never() ? all : Deadline::in(all.remaining(now) / 2, now);
}

bool may_go_elsewhere(Errc code) noexcept {
    // shutting_down: the connection of an instance that has just left the list.
    return blames_instance(code) || code == Errc::overloaded || code == Errc::shutting_down;
}

}  // namespace rollcall::discovery
