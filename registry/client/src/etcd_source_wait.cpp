#include <rollcall/base/backoff.h>
#include <rollcall/base/log.h>
#include <rollcall/base/random.h>

#include "etcd_source.h"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr Duration kNewsPace = std::chrono::milliseconds{50};
// Leases that run out together are revoked one after the other: one change and not many.
constexpr Duration kExpiryBurst = std::chrono::milliseconds{100};
constexpr Duration kLeaderPause = std::chrono::milliseconds{500};
constexpr std::size_t kOperationsMax = 100;  // of one transaction; etcd takes 128

constexpr std::string_view kPermissionDenied = "permission denied";

void pause_until(TimePoint until, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock{mutex};
    changed.wait_until(lock, stop, until, [] { return false; });
}

Error cancelled() {
    return Error{Errc::cancelled, "cancelled"};
}

}  // namespace

Result<std::vector<Snapshot>> EtcdSource::read_changed(
    const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
) {
    std::vector<Snapshot> news;
    const Deadline soon = Deadline::in(2 * kAnswerTime).earlier(deadline);
    for (const KnownList& each : known) {
        if (!in_doubt_.contains(each.service)) continue;
        auto snapshot = read_one(each.service, soon, stop);
        if (!snapshot) return snapshot.error();
        in_doubt_.erase(each.service);
        if (snapshot->index != each.index) news.push_back(std::move(*snapshot));
    }
    if (!news.empty()) quiet_until_ = SteadyClock::now() + kNewsPace;
    return news;
}

Result<std::vector<Snapshot>> EtcdSource::wait(
    const std::vector<KnownList>& known, Duration wait, Deadline deadline, std::stop_token stop
) {
    const Deadline end = Deadline::in(wait).earlier(deadline);
    pause_until(std::min(quiet_until_, end.point()), stop);
    in_doubt_.clear();
    for (const KnownList& each : known) {
        const EtcdList& list = lists_[each.service];
        if (list.revision == 0 || list.index != each.index) in_doubt_.insert(each.service);
    }
    Backoff pauses{{.min = std::chrono::milliseconds{100}, .max = std::chrono::seconds{1}}};
    std::size_t failures = 0;
    bool has_fresh_token = false;
    while (!stop.stop_requested()) {
        auto news = read_changed(known, deadline, stop);
        if (!news || !news->empty() || end.expired()) return news;
        if (any_stale(known)) {
            // That there is a leader again is no change of a key.
            pause_until(std::min(SteadyClock::now() + kLeaderPause, end.point()), stop);
            doubt_all(known);
            continue;
        }
        const auto ended = watch(known, end, stop);
        if (!ended) {
            // Up to 3.5.5 that is also what etcd says of a token that it has lost.
            const bool is_denied = ended.error().code() == Errc::overloaded;
            if (!is_denied || has_fresh_token || !watch_client_.forget_token())
                return ended.error();
            has_fresh_token = true;
        } else if (*ended == Ended::changed) {
            failures = 0;
        } else if (*ended == Ended::quiet) {
            if (!still_holds(known, deadline, stop)) doubt_all(known);
            return read_changed(known, deadline, stop);
        } else {
            // Another member first; when all have failed a read tells whether anybody is there.
            watch_client_.next();
            if (++failures % watch_client_.size() == 0) doubt_all(known);
            if (failures > watch_client_.size()) {
                const TimePoint next = SteadyClock::now() + pauses.next(random_unit());
                pause_until(std::min(next, end.point()), stop);
            }
        }
    }
    return cancelled();
}

bool EtcdSource::any_stale(const std::vector<KnownList>& known) {
    return std::any_of(known.begin(), known.end(), [this](const KnownList& each) {
        return lists_[each.service].stale;
    });
}

Result<EtcdSource::Ended> EtcdSource::watch(
    const std::vector<KnownList>& known, Deadline end, const std::stop_token& stop
) {
    std::vector<EtcdRange> ranges;
    auto from = std::numeric_limits<std::int64_t>::max();
    for (const KnownList& each : known) {
        for (EtcdRange& range : layout_.ranges_of(each.service))
            ranges.push_back(std::move(range));
        from = std::min(from, lists_[each.service].revision + 1);
    }
    Refusal refusal;
    const auto on_line = [&](std::string_view text) { return hear(text, known, end, refusal); };
    const std::string request = watch_request(hull_of(ranges), from);
    const Deadline first = Deadline::in(kAnswerTime).earlier(end);
    const auto answer = watch_client_.lines("/v3/watch", request, on_line, first, stop);
    if (!in_doubt_.empty()) return Ended::changed;
    if (!answer && answer.error().code() == Errc::cancelled) return answer.error();
    if (answer && !answer->ok()) refusal = {.is_final = true, .why = answer->sentence};
    if (refusal.is_final) {
        // Who may read is read on time: a watch covers the keys in between, too.
        const bool is_denied = refusal.why.find(kPermissionDenied) != std::string::npos;
        return Error{
            is_denied ? Errc::overloaded : Errc::registry_failed,
            watch_client_.request_name("/v3/watch") +
                ": etcd does not let it watch: " + refusal.why};
    }
    // If the time is over nothing is wrong, be it too short even to begin.
    const bool over = !answer && answer.error().code() == Errc::timed_out && end.expired();
    return over ? Ended::quiet : Ended::away;
}

std::optional<Deadline> EtcdSource::hear(
    std::string_view text, const std::vector<KnownList>& known, Deadline end, Refusal& refusal
) {
    const auto line = watch_line_from_json(text);
    if (!line) return end;
    if (line->compacted) {
        doubt_all(known);
        return std::nullopt;
    }
    if (line->failed || line->canceled) {
        const bool is_passing = watch_client_.must_log_in_again(line->reason) || line->failed;
        refusal = {.is_final = !is_passing, .why = printable(line->reason)};
        return std::nullopt;
    }
    bool unforeseen = false;
    for (const EtcdWatchLine::Change& change : line->changes)
        note(known, change, unforeseen);
    if (in_doubt_.empty()) return end;
    if (!unforeseen) return std::nullopt;
    return Deadline::in(kExpiryBurst).earlier(end);
}

void EtcdSource::doubt_all(const std::vector<KnownList>& known) {
    for (const KnownList& each : known)
        in_doubt_.insert(each.service);
}

void EtcdSource::note(
    const std::vector<KnownList>& known, const EtcdWatchLine::Change& change, bool& unforeseen
) {
    const EtcdKeyValue& entry = change.entry;
    for (const KnownList& each : known) {
        EtcdList& list = lists_[each.service];
        const auto ranges = layout_.ranges_of(each.service);
        const bool concerns =
            entry.mod_revision > list.revision &&
            std::any_of(ranges.begin(), ranges.end(), [&](const EtcdRange& range) {
                return contains(range, entry.key);
            });
        if (!concerns) continue;
        in_doubt_.insert(each.service);
        if (!change.deleted) {
            const auto instance = layout_.instance_of(each.service, entry.key, entry.value);
            // Who is no longer up will be deleted next.
            if (instance && !is_here(*instance)) list.leaving.insert(entry.key);
            if (instance && is_here(*instance)) list.leaving.erase(entry.key);
            continue;
        }
        const auto at =
            std::find(list.keys.begin(), list.keys.end(), entry.key) - list.keys.begin();
        const auto index = static_cast<std::size_t>(at);
        const bool was_here = index < list.keys.size() && is_here(list.instances[index]);
        unforeseen = unforeseen || (was_here && !list.leaving.contains(entry.key));
    }
}

bool EtcdSource::still_holds(
    const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
) {
    std::vector<std::pair<std::string, EtcdRange>> ranges;
    for (const KnownList& each : known) {
        for (EtcdRange& range : layout_.ranges_of(each.service))
            ranges.emplace_back(each.service, std::move(range));
    }
    const Deadline soon = Deadline::in(kAnswerTime).earlier(deadline);
    std::map<std::string, std::int64_t> keys;
    for (std::size_t begin = 0; begin < ranges.size(); begin += kOperationsMax) {
        const std::size_t end = std::min(begin + kOperationsMax, ranges.size());
        Json counts = Json::array();
        for (std::size_t i = begin; i < end; ++i) {
            Json request = range_request(ranges[i].second, /*serializable=*/false);
            request["count_only"] = true;
            counts.push_back({{"request_range", std::move(request)}});
        }
        const auto answer =
            client_.call("/v3/kv/txn", {{"success", std::move(counts)}}, soon, stop);
        if (!answer || !answer->ok()) return false;
        const Json& responses = member_of(answer->body, "responses");
        if (!responses.is_array() || responses.size() != end - begin) return false;
        for (std::size_t i = begin; i < end; ++i) {
            const Json& response = member_of(responses[i - begin], "response_range");
            keys[ranges[i].first] += number_in(response, "count");
            // A store that was set back watches nothing until it is that far again.
            if (number_in(member_of(answer->body, "header"), "revision") <
                lists_[ranges[i].first].revision)
                return false;
        }
    }
    return std::all_of(keys.begin(), keys.end(), [this](const auto& each) {
        return lists_[each.first].count == each.second;
    });
}

}  // namespace rollcall::registry
