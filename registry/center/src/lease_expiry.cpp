// The end of leases: what is taken off the list, and what is held on it.

#include <rollcall/registry/lease_store.h>

#include <map>

namespace rollcall::registry {
namespace {

// Who has been silent for this part of its lease has missed a heartbeat: they come thrice in it.
constexpr int kLatePart = 2;

}  // namespace

void LeaseStore::expire(TimePoint now) {
    std::map<std::string, bool> holds;  // by service: decided once for all that lapse together
    std::vector<LeaseRecord*> lapsed;
    while (!armed_.empty() && armed_.begin()->first <= now) {
        LeaseRecord& record = *armed_.begin()->second;
        if (record.expires > now) {
            arm(record, record.expires);
        } else {
            disarm(record);
            lapsed.push_back(&record);
            const std::string& service = record.instance->service;
            if (!holds.contains(service)) holds[service] = has_mass_lapse(*find(service), now);
        }
    }
    for (LeaseRecord* const record : lapsed) {
        if (holds[record->instance->service] && !record->held) {
            hold(*record, now);
        } else {
            erase(*record, ChangeKind::expired, now);
        }
    }
}

bool LeaseStore::has_mass_lapse(const ServiceRecord& service, TimePoint now) const {
    if (options_.hold.ttls <= 0) return false;
    std::size_t late = 0;
    for (const auto& [id, record] : service.instances) {
        const bool silent = now - record.renewed > record.ttl / kLatePart;
        if (silent || record.held) ++late;
    }
    const auto percent = static_cast<std::size_t>(options_.hold.percent);
    return late >= options_.hold.least && late * 100 > percent * service.instances.size();
}

void LeaseStore::hold(LeaseRecord& record, TimePoint now) {
    Instance stale = *record.instance;
    stale.stale = true;
    record.expires = now + options_.hold.ttls * Duration{stale.ttl};
    arm(record, record.expires);
    // The same size as before, so there is room.
    static_cast<void>(store(record, std::move(stale), ChangeKind::held, now));
}

void LeaseStore::release(LeaseRecord& record, TimePoint now) {
    Instance fresh = *record.instance;
    fresh.stale = false;
    static_cast<void>(store(record, std::move(fresh), ChangeKind::released, now));
}

std::size_t LeaseStore::end_hold(std::string_view service, TimePoint now) {
    const auto found = services_.find(service);
    if (found == services_.end()) return 0;
    std::vector<LeaseRecord*> held;
    for (auto& [id, record] : found->second.instances) {
        if (record.held) held.push_back(&record);
    }
    for (LeaseRecord* const record : held)
        erase(*record, ChangeKind::expired, now);
    return held.size();
}

}  // namespace rollcall::registry
