#pragma once
// What a registrar does next: a pure state machine; the loop around it does the I/O.

#include <rollcall/base/backoff.h>
#include <rollcall/registry/announcer.h>
#include <rollcall/registry/registrar.h>

#include <chrono>
#include <optional>

namespace rollcall::registry {

enum class Step {
    announce,  // register, or tell the registry the new status
    renew,     // heartbeat
    finish,    // a newer process has the id: nothing, for ever
};

struct Next {
    Step step;
    TimePoint at;  // due then
};

// One registration. Starts due at once, in state `starting`. `now` never goes back; `unit` in
// [0, 1) is the randomness. One thread at a time.
class HeartbeatPlan {
public:
    explicit HeartbeatPlan(TimePoint now);

    // The status to be announced; another one than the registry knows is due at once, but does
    // not cut short the backoff of a registry that is away.
    void want(Status status, TimePoint now);

    [[nodiscard]] Status wanted() const { return wanted_; }

    [[nodiscard]] Next next() const;

    // The registry has taken the announcement with that status.
    void announced(Status status, const Lease& lease, TimePoint now, double unit);
    // It has answered a heartbeat.
    void renewed(const Lease& lease, TimePoint now, double unit);
    // It has not answered `step`, or has refused it. What was due stays due, after a backoff.
    void failed(Step step, TimePoint now, double unit);

    // How long one request may take, `most` at most: one interval, so that after a lost heartbeat
    // another one fits into the lease; but never less than it takes to answer.
    [[nodiscard]] std::chrono::milliseconds patience(std::chrono::milliseconds most) const;

    [[nodiscard]] RegistrarState state() const { return state_; }

    // True when the registry lists the instance with the wanted status, as far as is known.
    [[nodiscard]] bool in_sync() const;

private:
    void beat_after(const Lease& lease, TimePoint now, double unit);

    RegistrarState state_ = RegistrarState::starting;
    Status wanted_ = Status::up;
    std::optional<Status> listed_;  // what the registry knows; none if that is not known
    TimePoint due_;
    std::chrono::milliseconds interval_ = Lease{}.interval;
    Backoff backoff_;
};

}  // namespace rollcall::registry
