#include <rollcall/base/log.h>
#include <rollcall/registry/instance_json.h>

#include "answer.h"
#include "redis_registry.h"
#include "redis_scripts.h"

#include <algorithm>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr std::chrono::milliseconds kMarksLast{3600 * 1000};

}  // namespace

RedisAnnouncer::RedisAnnouncer(const RedisOptions& options) : options_(options), link_(options) {
}

Result<Lease> RedisAnnouncer::announce(
    const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop
) {
    announced_ = instances;
    for (Instance& each : announced_) {
        each.via = "redis";
        // So that readers know how long it may stay without us.
        if (each.ttl.count() <= 0) each.ttl = options_.ttl;
    }
    Lease all = lease();
    for (const Instance& instance : announced_) {
        auto said = run(kRedisAnnounce, instance, deadline, stop);
        if (!said) return said.error();
        if (*said == "replaced") {
            all.replaced.push_back(lease_name(instance));
        } else {
            taken_[lease_name(instance)] = instance.incarnation;
        }
    }
    return all;
}

Result<Lease> RedisAnnouncer::renew(Deadline deadline, std::stop_token stop) {
    Lease all = lease();
    for (const Instance& instance : announced_) {
        auto said = run(kRedisRenew, instance, deadline, stop);
        if (!said) return said.error();
        if (*said == "replaced") all.replaced.push_back(lease_name(instance));
        if (*said == "missing") all.missing.push_back(lease_name(instance));
    }
    return all;
}

Result<void> RedisAnnouncer::withdraw(Deadline deadline, std::stop_token stop) {
    for (const Instance& instance : announced_) {
        if (auto said = run(kRedisWithdraw, instance, deadline, stop); !said) return said.error();
    }
    return {};
}

Result<std::string> RedisAnnouncer::local_address(Deadline deadline, std::stop_token stop) {
    if (auto opened = link_.open(deadline, stop); !opened) return opened.error();
    return link_.local_address();
}

Result<std::string> RedisAnnouncer::run(
    std::string_view script,
    const Instance& instance,
    Deadline deadline,
    const std::stop_token& stop
) {
    // "service/id" with the service in lower case.
    const std::string name = lease_name(instance);
    const std::string service = name.substr(0, name.find('/'));
    const std::string list = options_.prefix + service;
    const std::string marks = options_.prefix + "~replaced:" + service + ":" + instance.id + ":";
    const auto taken = taken_.find(name);
    const bool is_known = taken != taken_.end() && taken->second == instance.incarnation;
    auto reply = link_.command(
        {"EVAL",
         std::string{kRedisHead} + std::string{script},
         "3",
         list + ":" + instance.id,
         list,
         marks + instance.incarnation,
         to_json(instance),
         std::to_string(instance.ttl.count()),
         instance.id,
         instance.incarnation,
         is_known ? "1" : "0",
         list,
         marks,
         std::to_string(kMarksLast.count())},
        deadline,
        stop
    );
    if (!reply) return reply.error();
    if (reply->text == "ok" || reply->text == "missing" || reply->text == "replaced")
        return std::move(reply->text);
    return Error{
        Errc::registry_failed,
        link_.name() + ": the answer '" + printable(reply->text, 40) + "' is none of a script's"};
}

Lease RedisAnnouncer::lease() const {
    Lease lease;
    lease.interval = interval_for(options_.ttl);
    for (const Instance& instance : announced_)
        lease.interval = std::min(lease.interval, interval_for(instance.ttl));
    return lease;
}

}  // namespace rollcall::registry
