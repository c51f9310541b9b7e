#include "center.h"

#include <rollcall/base/random.h>

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

RegistryServerOptions checked(RegistryServerOptions options) {
    const auto require = [](bool holds, const std::string& sentence) {
        if (!holds) throw std::invalid_argument{sentence};
    };
    require(options.ttl >= milliseconds{50}, "ttl must be at least 0.05 seconds");
    require(options.ttl <= std::chrono::hours{24}, "ttl must be at most a day");
    require(options.ttl_min <= options.ttl_max, "ttl_min must not exceed ttl_max");
    require(options.warmup >= milliseconds{0}, "warmup must not be negative");
    require(
        is_token(options.header_prefix) && options.header_prefix.size() <= 64,
        "header prefix '" + printable(options.header_prefix, 80) +
            "' must be 1 to 64 of A-Z a-z 0-9 - _ like 'X-Myrpc-'"
    );
    require(
        is_plain_path(options.header_path) && options.header_path.size() <= 255 &&
            options.header_path != "/v1" && !options.header_path.starts_with("/v1/") &&
            options.header_path != "/healthz",
        "header path '" + printable(options.header_path, 80) +
            "' must be a path like '/myRPC/registry', without a '/' at its end, outside /v1"
    );
    return options;
}

std::string lease_name(std::string_view service, std::string_view id) {
    return printable(std::string{service} + "/" + std::string{id}, 320);
}

}  // namespace

Center::Center(RegistryServerOptions given)
    : options(checked(std::move(given))),
      limits{
          .ttl_min = std::min(options.ttl_min, options.ttl),
          .ttl_max = std::max(options.ttl_max, options.ttl)},
      epoch(random_nonce().substr(0, 8)),
      store({.ttl = options.ttl, .instances_max = options.instances_max}),
      lists(store, epoch) {
}

LeaseStore::Registration Center::put(Instance instance, TimePoint now) {
    using Outcome = LeaseStore::PutOutcome;
    const std::string name = lease_name(instance.service, instance.id);
    const std::string from = " at " + instance.endpoint().to_string() + " (" + instance.via + ")";
    const LeaseStore::Registration done = store.put(std::move(instance), now);
    switch (done.outcome) {
        case Outcome::created:
            options.log.info(name + " registered" + from);
            break;
        case Outcome::took_over:
            options.log.info(name + " replaced by a new process" + from);
            break;
        case Outcome::updated:
            options.log.info(
                name + " changed, " +
                std::string{name_of(done.record->instance.effective_status())} + from
            );
            break;
        case Outcome::replaced:
            options.log.warning(
                name + " refused" + from +
                ": a newer process has that id; two live processes "
                "announce the same one"
            );
            break;
        case Outcome::full:
            options.log.error(name + " refused: the registry is full");
            break;
        case Outcome::renewed:
            break;
    }
    return done;
}

LeaseStore::RemoveOutcome Center::remove(
    std::string_view service, std::string_view id, std::string_view incarnation
) {
    const LeaseStore::RemoveOutcome outcome = store.remove(service, id, incarnation);
    if (outcome == LeaseStore::RemoveOutcome::removed) {
        options.log.info(lease_name(service, id) + " left");
    }
    return outcome;
}

LeaseStore::ModifyOutcome Center::modify(const Instance& instance) {
    const LeaseStore::ModifyOutcome outcome = store.modify(instance);
    if (outcome != LeaseStore::ModifyOutcome::modified) return outcome;
    options.log.info(
        lease_name(instance.service, instance.id) + " changed by request, " +
        std::string{name_of(instance.effective_status())}
    );
    return outcome;
}

void Center::sweep(TimePoint now) {
    const Duration pause = last_sweep_ == TimePoint{} ? Duration{0} : now - last_sweep_;
    last_sweep_ = now;
    if (pause > sweep_interval() + std::min<Duration>(kPause, limits.ttl_min / 2)) {
        store.postpone(pause);
        options.log.warning("was stopped or hung for a while; all leases last that much longer");
    }
    for (const Instance& gone : store.expire(now)) {
        options.log.info(lease_name(gone.service, gone.id) + " expired: no heartbeat in time");
    }
}

Duration Center::sweep_interval() const {
    const Duration tenth = limits.ttl_min / 10;
    return std::clamp<Duration>(tenth, milliseconds{10}, milliseconds{250});
}

}  // namespace rollcall::registry
