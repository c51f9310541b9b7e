#include "etcd_announcer.h"

#include <rollcall/base/base64.h>

#include "answer.h"

#include <algorithm>
#include <set>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr int kPutAttempts = 4;
constexpr std::size_t kOperationsMax = 100;  // of one transaction; etcd takes 128

Error failed(const EtcdAnswer& answer) {
    return Error{Errc::registry_failed, answer.sentence};
}

// "The key's `target` is `result` than `value`"; a key that is not there has zeros.
Json compare(std::string_view key, const char* target, const char* result, std::int64_t value) {
    const char* const field = target == std::string_view{"MOD"} ? "mod_revision" : "lease";
    return {
        {"key", base64_encoded(key)},
        {"target", target},
        {"result", result},
        {field, std::to_string(value)}};
}

Json list_of(Json value) {
    Json list = Json::array();
    list.push_back(std::move(value));
    return list;
}

Json one_range(const std::string& key) {
    return {{"request_range", range_request({key, ""}, /*serializable=*/false)}};
}

// Of an answer. Nobody renews less often than that, and more would not fit into milliseconds.
std::chrono::seconds ttl_in(const Json& answer) {
    constexpr std::int64_t kLongest = 24 * 3600;
    return std::chrono::seconds{std::min(number_in(answer, "TTL"), kLongest)};
}

// What the nth operation has found under its key.
std::optional<EtcdKeyValue> found_by(const Json& answer, std::size_t operation) {
    const Json& responses = member_of(answer, "responses");
    if (!responses.is_array() || responses.size() <= operation) return std::nullopt;
    auto entries = key_values_in(member_of(responses[operation], "response_range"));
    if (entries.empty()) return std::nullopt;
    return std::move(entries.front());
}

std::int64_t revision_of(const Json& answer) {
    return number_in(member_of(answer, "header"), "revision");
}

}  // namespace

EtcdAnnouncer::EtcdAnnouncer(EtcdAccess access, EtcdLayout layout, std::chrono::seconds ttl)
    : client_(std::move(access)), layout_(std::move(layout)), default_ttl_(ttl) {
}

Result<Lease> EtcdAnnouncer::announce(
    const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop
) {
    announced_ = instances;
    // A lease may be lost without our knowing; then once more, from scratch.
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (lease_ == 0) {
            if (auto granted = grant(deadline, stop); !granted) return granted.error();
        }
        auto lease = put_all(deadline, stop);
        if (!lease) return lease.error();
        if (*lease) return std::move(**lease);
        forget_lease();
    }
    return Error{
        Errc::registry_failed,
        client_.request_name("/v3/kv/txn") + ": the lease was lost as soon as it was granted"};
}

Result<void> EtcdAnnouncer::grant(Deadline deadline, const std::stop_token& stop) {
    // One lease has the shortest of all times; whole seconds are all that etcd knows.
    auto ttl = std::chrono::seconds::max();
    for (const Instance& instance : announced_) {
        const auto named = std::chrono::ceil<std::chrono::seconds>(instance.ttl);
        ttl = std::min(ttl, named.count() > 0 ? named : default_ttl_);
    }
    if (announced_.empty()) ttl = default_ttl_;
    constexpr std::string_view kPath = "/v3/lease/grant";
    auto answer = client_.call(kPath, {{"TTL", std::to_string(ttl.count())}}, deadline, stop);
    if (!answer) return answer.error();
    if (!answer->ok()) return failed(*answer);
    const std::int64_t id = number_in(answer->body, "ID");
    const std::chrono::seconds granted = ttl_in(answer->body);
    if (id == 0 || granted.count() <= 0) {
        return Error{
            Errc::registry_failed,
            client_.request_name(kPath) + ": the answer names no lease; this is not etcd"};
    }
    lease_ = id;
    ttl_ = granted;
    birth_ = std::min(birth_, revision_of(answer->body));
    return {};
}

Result<std::optional<Lease>> EtcdAnnouncer::put_all(
    Deadline deadline, const std::stop_token& stop
) {
    Lease all = lease();
    for (const Instance& instance : announced_) {
        if (!is_listed(instance)) continue;
        const auto written = put(instance, deadline, stop);
        if (!written) return written.error();
        if (*written == Put::lease_lost) return std::optional<Lease>{};
        if (*written == Put::replaced) all.replaced.push_back(lease_name(instance));
    }
    if (auto dropped = drop_others(deadline, stop); !dropped) return dropped.error();
    return std::optional<Lease>{std::move(all)};
}

Result<EtcdAnnouncer::Put> EtcdAnnouncer::put(
    const Instance& instance, Deadline deadline, const std::stop_token& stop
) {
    const std::string key = layout_.key_of(instance);
    const auto known = written_.find(key);
    Json condition = known != written_.end() ? compare(key, "MOD", "EQUAL", known->second)
                                             : compare(key, "MOD", "LESS", birth_ + 1);
    for (int attempt = 0; attempt < kPutAttempts; ++attempt) {
        const Json write{{"request_put", put_request(key, value_of(instance), lease_)}};
        const Json transaction{
            {"compare", list_of(condition)},
            {"success", list_of(write)},
            {"failure", list_of(one_range(key))}};
        auto answer = transact(transaction, deadline, stop);
        if (!answer) return answer.error();
        if (answer->code == kEtcdNotFound) return Put::lease_lost;
        if (!answer->ok()) return failed(*answer);
        if (member_of(answer->body, "succeeded") == true) {
            written_[key] = revision_of(answer->body);
            return Put::done;
        }
        // Deleted, or written by others meanwhile, or by us in a request whose answer was lost.
        const auto entry = found_by(answer->body, 0);
        if (entry && is_replaced(*entry, instance)) return Put::replaced;
        condition = compare(key, "MOD", "EQUAL", entry ? entry->mod_revision : 0);
    }
    return Error{
        Errc::registry_failed,
        client_.request_name("/v3/kv/txn") + ": somebody else writes the key " + key +
            " all the time"};
}

Result<void> EtcdAnnouncer::drop_others(Deadline deadline, const std::stop_token& stop) {
    std::set<std::string> wanted;
    for (const Instance& instance : announced_) {
        if (is_listed(instance)) wanted.insert(layout_.key_of(instance));
    }
    for (auto each = written_.begin(); each != written_.end();) {
        if (wanted.contains(each->first)) {
            ++each;
            continue;
        }
        const Json remove{{"request_delete_range", {{"key", base64_encoded(each->first)}}}};
        const Json transaction{
            {"compare", list_of(compare(each->first, "LEASE", "EQUAL", lease_))},
            {"success", list_of(remove)}};
        auto answer = transact(transaction, deadline, stop);
        if (!answer) return answer.error();
        if (!answer->ok()) return failed(*answer);
        each = written_.erase(each);
    }
    return {};
}

Result<Lease> EtcdAnnouncer::renew(Deadline deadline, std::stop_token stop) {
    const auto all_missing = [this] {
        Lease lost = lease();
        for (const Instance& instance : announced_)
            lost.missing.push_back(lease_name(instance));
        return lost;
    };
    if (lease_ == 0) return all_missing();
    auto answer =
        client_.call("/v3/lease/keepalive", {{"ID", std::to_string(lease_)}}, deadline, stop);
    if (!answer) return answer.error();
    const std::chrono::seconds left = ttl_in(answer->body);
    if (answer->code == kEtcdNotFound || (answer->ok() && left.count() <= 0)) {
        forget_lease();
        return all_missing();
    }
    if (!answer->ok()) return failed(*answer);
    ttl_ = left;
    Lease renewed = lease();
    verify(renewed, deadline, stop);
    return renewed;
}

void EtcdAnnouncer::verify(Lease& lease, Deadline deadline, const std::stop_token& stop) {
    std::vector<const Instance*> listed;
    for (const Instance& instance : announced_) {
        if (is_listed(instance)) listed.push_back(&instance);
    }
    for (std::size_t begin = 0; begin < listed.size(); begin += kOperationsMax) {
        const std::size_t end = std::min(begin + kOperationsMax, listed.size());
        Json ranges = Json::array();
        for (std::size_t i = begin; i < end; ++i)
            ranges.push_back(one_range(layout_.key_of(*listed[i])));
        const auto answer = transact({{"success", std::move(ranges)}}, deadline, stop);
        // The lease is renewed, which is what counts; the next beat looks again.
        if (!answer || !answer->ok()) return;
        for (std::size_t i = begin; i < end; ++i) {
            const Instance& instance = *listed[i];
            const auto entry = found_by(answer->body, i - begin);
            const auto known = written_.find(layout_.key_of(instance));
            const bool untouched =
                entry && known != written_.end() && known->second == entry->mod_revision;
            if (untouched) continue;
            const bool replaced = entry && is_replaced(*entry, instance);
            (replaced ? lease.replaced : lease.missing).push_back(lease_name(instance));
        }
    }
}

Result<void> EtcdAnnouncer::withdraw(Deadline deadline, std::stop_token stop) {
    if (lease_ == 0) return {};
    const TimePoint now = SteadyClock::now();
    say_goodbye(
        deadline.is_never() ? deadline : Deadline::in(deadline.remaining(now) / 2, now), stop
    );
    // Keys that a newer process has taken over are no longer of this lease.
    auto answer =
        client_.call("/v3/lease/revoke", {{"ID", std::to_string(lease_)}}, deadline, stop);
    if (!answer) return answer.error();
    if (!answer->ok() && answer->code != kEtcdNotFound) return failed(*answer);
    forget_lease();
    return {};
}

void EtcdAnnouncer::say_goodbye(Deadline deadline, const std::stop_token& stop) {
    if (!layout_.has_details()) return;
    for (const Instance& instance : announced_) {
        Instance leaving = instance;
        leaving.status = Status::down;
        const std::string key = layout_.key_of(instance);
        const Json write{{"request_put", put_request(key, value_of(leaving), lease_)}};
        const Json transaction{
            {"compare", list_of(compare(key, "LEASE", "EQUAL", lease_))},
            {"success", list_of(write)}};
        if (!transact(transaction, deadline, stop)) return;
    }
}

Result<std::string> EtcdAnnouncer::local_address(Deadline deadline, std::stop_token stop) {
    return client_.local_address(deadline, stop);
}

Result<EtcdAnswer> EtcdAnnouncer::transact(
    const Json& transaction, Deadline deadline, const std::stop_token& stop
) {
    return client_.call("/v3/kv/txn", transaction, deadline, stop);
}

// An address alone has no status.
bool EtcdAnnouncer::is_listed(const Instance& instance) const {
    return layout_.has_details() || instance.effective_status() == Status::up;
}

std::string EtcdAnnouncer::value_of(const Instance& instance) const {
    Instance copy = instance;
    copy.ttl = ttl_;  // so that readers know how long it may stay without us
    return layout_.value_of(copy);
}

bool EtcdAnnouncer::is_replaced(const EtcdKeyValue& entry, const Instance& instance) const {
    if (entry.mod_revision <= birth_ || entry.lease == lease_) return false;
    if (!layout_.has_details()) {
        return entry.lease != 0 && entry.value != layout_.value_of(instance);
    }
    const auto other = layout_.instance_of(instance.service, entry.key, entry.value);
    // What has no incarnation was written by hand; the next announcement mends it.
    return other && !other->incarnation.empty() && other->incarnation != instance.incarnation;
}

Lease EtcdAnnouncer::lease() const {
    Lease lease;
    if (ttl_.count() > 0) lease.interval = interval_for(ttl_);
    return lease;
}

void EtcdAnnouncer::forget_lease() {
    lease_ = 0;
    written_.clear();
}

}  // namespace rollcall::registry
