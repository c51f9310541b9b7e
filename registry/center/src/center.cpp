#include "center.h"

#include <rollcall/base/random.h>

#include "watch_body.h"

#include <algorithm>
#include <stdexcept>

namespace rollcall::registry {
namespace {

using std::chrono::milliseconds;

// A sweep that is late by so much was held up by more than a busy machine.
constexpr milliseconds kPause{1000};

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

bool is_plain_path(std::string_view text) {
    return text.size() > 1 && text.front() == '/' && text.back() != '/' &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return c > ' ' && c < 0x7f && c != '%' && c != '?' && c != '#';
           });
}

// By another face, which would no longer be reached.
bool is_taken(std::string_view path) {
    const std::string_view first = path.substr(0, path.find('/', 1));
    return first == "/v1" || first == "/eureka" || first == "/metrics" || first == "/healthz";
}

RegistryServerOptions checked(RegistryServerOptions options) {
    const auto require = [](bool holds, const std::string& sentence) {
        if (!holds) throw std::invalid_argument{sentence};
    };
    require(options.ttl >= milliseconds{50}, "ttl must be at least 0.05 seconds");
    require(options.ttl <= std::chrono::hours{24}, "ttl must be at most a day");
    require(options.ttl_min <= options.ttl_max, "ttl_min must not exceed ttl_max");
    require(options.warmup >= milliseconds{0}, "warmup must not be negative");
    require(
        options.hold_percent >= 0 && options.hold_percent <= 100,
        "hold_percent must be a percentage from 0 to 100"
    );
    require(
        options.hold_ttls >= 0 && options.hold_ttls <= 1000, "hold_ttls must be 0 to 1000 leases"
    );
    require(
        is_token(options.header_prefix) && options.header_prefix.size() <= 64,
        "header prefix '" + printable(options.header_prefix, 80) +
            "' must be 1 to 64 of A-Z a-z 0-9 - _ like 'X-Myrpc-'"
    );
    require(
        is_plain_path(options.header_path) && options.header_path.size() <= 255 &&
            !is_taken(options.header_path),
        "header path '" + printable(options.header_path, 80) +
            "' must be a path like '/myRPC/registry', without a '/' at its end, outside "
            "/v1, /eureka, /metrics and /healthz"
    );
    return options;
}

std::string lease_name(std::string_view service, std::string_view id) {
    return printable(std::string{service} + "/" + std::string{id}, 320);
}

std::string place_of(const Instance& instance) {
    return " at " + instance.endpoint().to_string() + " (" + instance.via + ")";
}

}  // namespace

Center::Center(RegistryServerOptions given)
    : options(checked(std::move(given))),
      limits{
          .ttl_min = std::min(options.ttl_min, options.ttl),
          .ttl_max = std::max(options.ttl_max, options.ttl)},
      epoch(random_nonce().substr(0, 8)),
      store(
          {.ttl = options.ttl,
           .instances_max = options.instances_max,
           .hold =
               {.least = options.hold_least,
                .percent = options.hold_percent,
                .ttls = options.hold_ttls}}
      ),
      lists(store, epoch),
      servers(store),
      keeper(
          options.data_dir.empty() ? nullptr
                                   : std::make_unique<SnapshotKeeper>(options.data_dir, options.log)
      ) {
}

void Center::start(TimePoint now) {
    started = now;
    if (keeper) remembers_ = keeper->restore_into(store, now) > 0;
    publish(now);
}

void Center::finish(TimePoint now) {
    if (keeper) keeper->finish(store, now);
}

LeaseStore::Registration Center::put(Instance instance, TimePoint now) {
    using Outcome = LeaseStore::PutOutcome;
    const std::string name = lease_name(instance.service, instance.id);
    const std::string from = place_of(instance);
    const LeaseStore::Registration done = store.put(std::move(instance), now);
    if (done.outcome == Outcome::replaced) {
        options.log.warning(
            name + " refused" + from +
            ": a newer process has that id; two live processes announce the same one"
        );
    } else if (done.outcome == Outcome::full) {
        options.log.error(name + " refused: the registry is full");
    } else if (done.outcome != Outcome::created) {
        ++counters.heartbeats;
    }
    return done;
}

LeaseStore::Renewal Center::renew(
    std::string_view service, std::string_view id, std::string_view incarnation, TimePoint now
) {
    const LeaseStore::Renewal renewal = store.renew(service, id, incarnation, now);
    if (renewal.outcome == LeaseStore::BeatOutcome::renewed) ++counters.heartbeats;
    if (renewal.outcome == LeaseStore::BeatOutcome::missing) ++counters.missing;
    return renewal;
}

void Center::publish(TimePoint now) {
    if (published_ == store.index()) return;
    const ChangeLog& changes = store.changes();
    for (auto each = changes.after(published_); each != changes.end(); ++each) {
        log(*each);
        count(each->kind);
        watches.touch(each->instance->service, now);
    }
    published_ = changes.last();
    watches.touch(kAllServices, now);
    watches.touch(kEventsKey, now);
}

void Center::count(ChangeKind kind) {
    if (kind == ChangeKind::registered || kind == ChangeKind::replaced) ++counters.registered;
    if (kind == ChangeKind::expired) ++counters.expired;
    if (kind == ChangeKind::held) ++counters.held;
    if (kind == ChangeKind::left) ++counters.left;
}

void Center::log(const Change& change) const {
    const Instance& instance = *change.instance;
    const std::string name = lease_name(instance.service, instance.id);
    switch (change.kind) {
        case ChangeKind::restored:
            return;  // said once, for all of them
        case ChangeKind::registered:
            return options.log.info(name + " registered" + place_of(instance));
        case ChangeKind::replaced:
            return options.log.info(name + " replaced by a new process" + place_of(instance));
        case ChangeKind::held:
            return options.log.warning(
                name + " is held: its lease ran out together with too many others of its service"
            );
        case ChangeKind::released:
            return options.log.info(name + " is heard of again");
        case ChangeKind::left:
            return options.log.info(name + " left");
        case ChangeKind::expired:
            return options.log.info(name + " expired: no heartbeat in time");
        case ChangeKind::changed:
        case ChangeKind::drained:
        case ChangeKind::undrained:
            return options.log.info(
                name + " " + std::string{name_of(change.kind)} + ", " +
                std::string{name_of(instance.effective_status())} + place_of(instance)
            );
    }
}

void Center::sweep(TimePoint now) {
    const Duration pause = last_sweep_ == TimePoint{} ? Duration{0} : now - last_sweep_;
    last_sweep_ = now;
    if (pause > sweep_interval() + std::min<Duration>(kPause, limits.ttl_min / 2)) {
        store.postpone(pause);
        options.log.warning("was stopped or hung for a while; all leases last that much longer");
    }
    store.expire(now);
    if (keeper) keeper->look(store, now);
}

Duration Center::sweep_interval() const {
    const Duration tenth = limits.ttl_min / 10;
    return std::clamp<Duration>(tenth, milliseconds{10}, milliseconds{250});
}

}  // namespace rollcall::registry
