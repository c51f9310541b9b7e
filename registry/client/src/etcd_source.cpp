#include "etcd_source.h"

#include <rollcall/base/hash.h>

#include "read_each.h"

#include <algorithm>
#include <utility>

namespace rollcall::registry {
namespace {

// Equal for equal lists of the same mood, in this and in other processes.
std::string hash_of(const std::vector<EtcdKeyValue>& entries, bool stale) {
    std::uint64_t hash = stale ? 1 : 0;
    for (const EtcdKeyValue& entry : entries) {
        for (const std::string* text : {&entry.key, &entry.value})
            hash = mix_bits(hash) + stable_hash(*text);
    }
    return std::to_string(hash);
}

}  // namespace

bool EtcdSource::is_here(const Instance& instance) {
    const Status status = instance.effective_status();
    return status == Status::up || status == Status::starting;
}

EtcdSource::EtcdSource(const EtcdAccess& access, EtcdLayout layout)
    : client_(access), watch_client_(access), layout_(std::move(layout)) {
}

Result<std::vector<Snapshot>> EtcdSource::read(
    const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
) {
    return read_each(services, [&](const std::string& service) {
        return read_one(service, deadline, stop);
    });
}

Result<Snapshot> EtcdSource::read_one(
    const std::string& service, Deadline deadline, const std::stop_token& stop
) {
    // Without a leader etcd does not refuse but waits, longer than we do.
    const TimePoint now = SteadyClock::now();
    const Deadline half =
        deadline.is_never() ? deadline : Deadline::in(deadline.remaining(now) / 2, now);
    auto snapshot = range(service, /*serializable=*/false, half, stop);
    if (snapshot || snapshot.error().code() != Errc::unavailable) return snapshot;
    const Error first{Errc::registry_failed, snapshot.error().message()};
    snapshot = range(service, /*serializable=*/true, deadline, stop);
    if (!snapshot && snapshot.error().code() == Errc::unavailable) return first;
    return snapshot;
}

Result<Snapshot> EtcdSource::range(
    const std::string& service, bool serializable, Deadline deadline, const std::stop_token& stop
) {
    // All in one, so that it is of one revision.
    Json ranges = Json::array();
    for (const EtcdRange& each : layout_.ranges_of(service))
        ranges.push_back({{"request_range", range_request(each, serializable)}});
    auto answer = client_.call("/v3/kv/txn", {{"success", std::move(ranges)}}, deadline, stop);
    if (!answer) {
        const bool ended = answer.error().code() == Errc::cancelled;
        return Error{ended ? Errc::cancelled : Errc::unavailable, answer.error().message()};
    }
    if (!answer->ok()) return Error{Errc::registry_failed, answer->sentence};
    return take(service, *answer, serializable, deadline, stop);
}

Result<Snapshot> EtcdSource::take(
    const std::string& service,
    const EtcdAnswer& answer,
    bool serializable,
    Deadline deadline,
    const std::stop_token& stop
) {
    EtcdList list;
    list.stale = serializable;
    list.cluster = text_in(member_of(answer.body, "header"), "cluster_id");
    list.revision = number_in(member_of(answer.body, "header"), "revision");
    const auto failed = [this](const char* why) {
        return Error{Errc::registry_failed, client_.request_name("/v3/kv/txn") + why};
    };
    if (list.cluster.empty() || list.revision <= 0)
        return failed(": the answer names no cluster; this is not etcd");
    const Json& responses = member_of(answer.body, "responses");
    if (!responses.is_array() || responses.size() != layout_.ranges_of(service).size())
        return failed(": the answer has not one list for each that was asked for");
    EtcdList& known = lists_[service];
    const bool same_cluster = known.cluster == list.cluster;
    if (serializable && same_cluster && list.revision < known.revision)
        return failed(": etcd has no leader, and this member's list is older than the one known");
    std::vector<EtcdKeyValue> readable;
    std::set<std::string> ids;
    for (const Json& response : responses) {
        for (EtcdKeyValue& entry : key_values_in(member_of(response, "response_range"))) {
            ++list.count;
            auto instance = layout_.instance_of(service, entry.key, entry.value);
            if (!instance || !ids.insert(instance->id).second) continue;
            instance->stale = serializable;
            list.instances.push_back(std::move(*instance));
            list.keys.push_back(entry.key);
            readable.push_back(std::move(entry));
        }
    }
    list.lost =
        list.instances.empty() && same_cluster && are_lost(service, list.revision, deadline, stop);
    list.index = list.cluster + (list.lost ? "-lost." : ".") + hash_of(readable, serializable);
    known = std::move(list);
    return Snapshot{service, known.index, known.instances, SteadyClock::now()};
}

bool EtcdSource::are_lost(
    const std::string& service,
    std::int64_t revision,
    Deadline deadline,
    const std::stop_token& stop
) {
    EtcdList& known = lists_[service];
    const auto some = [&] {
        for (std::size_t i = 0; i < known.instances.size(); ++i) {
            if (is_here(known.instances[i]) && !known.leaving.contains(known.keys[i])) return true;
        }
        return known.lost;
    };
    if (some() && !known.lost && layout_.has_details()) replay(service, revision, deadline, stop);
    return some();
}

void EtcdSource::replay(
    const std::string& service, std::int64_t until, Deadline deadline, const std::stop_token& stop
) {
    EtcdList& known = lists_[service];
    std::set<std::string> left{known.keys.begin(), known.keys.end()};
    const Deadline soon = Deadline::in(kAnswerTime / 2).earlier(deadline);
    const auto on_line = [&](std::string_view text) -> std::optional<Deadline> {
        const auto line = watch_line_from_json(text);
        if (!line) return soon;
        if (line->failed || line->canceled) return std::nullopt;
        bool unforeseen = false;
        for (const EtcdWatchLine::Change& change : line->changes) {
            // Who has come back since has not left because of that.
            if (change.entry.mod_revision > until) return std::nullopt;
            note({{service, ""}}, change, unforeseen);
            if (change.deleted) left.erase(change.entry.key);
        }
        if (left.empty()) return std::nullopt;
        return soon;
    };
    const std::string request =
        watch_request(hull_of(layout_.ranges_of(service)), known.revision + 1);
    // Without an answer they count as lost.
    (void)watch_client_.lines("/v3/watch", request, on_line, soon, stop);
}

}  // namespace rollcall::registry
