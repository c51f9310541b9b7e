#include "eureka_announcer.h"

#include "eureka_instance.h"
#include "eureka_json.h"
#include "eureka_marks.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rollcall::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Eureka's own defaults. Its servers reckon with a renewal per half minute and hold everybody when
// there are fewer, so a long lease is not renewed less often.
constexpr seconds kDefaultLease{90};
constexpr milliseconds kLongestInterval = seconds{30};

milliseconds lease_of(const Instance& instance) {
    return instance.ttl.count() > 0 ? instance.ttl : milliseconds{kDefaultLease};
}

milliseconds interval_of(const Instance& instance) {
    return std::min(interval_for(lease_of(instance)), kLongestInterval);
}

EurekaInstance registration_of(const Instance& instance) {
    Instance own = instance;
    own.override_status.reset();  // an operator's
    own.eureka.clear();
    EurekaInstance registration = eureka_instance(own, {});
    registration.duration_seconds = std::chrono::ceil<seconds>(lease_of(instance)).count();
    registration.renewal_seconds = std::chrono::ceil<seconds>(interval_of(instance)).count();
    // Spring's dashboard fails to show any instance if one has no URL of a status page. This one is
    // no link there, because it is not http.
    const std::string url = instance.scheme + "://" + instance.endpoint().to_string();
    registration.home_page_url = url;
    registration.status_page_url = url;
    registration.health_check_url = url;
    if (instance.status == Status::draining) {
        registration.status = EurekaStatus::down;
        mark_draining(registration.metadata);
    }
    return registration;
}

std::string body_of(const Instance& instance) {
    auto object = nlohmann::ordered_json::parse(eureka_to_json(registration_of(instance)));
    for (const char* of_the_server : {"lastUpdatedTimestamp", "lastDirtyTimestamp", "actionType"})
        object.erase(of_the_server);
    return nlohmann::ordered_json{{"instance", std::move(object)}}.dump();
}

}  // namespace

EurekaAnnouncer::EurekaAnnouncer(
    http::Url base, EurekaProtocol protocol, const http::ClientOptions& options
)
    : client_(std::move(base), std::move(protocol), options) {
}

Result<Lease> EurekaAnnouncer::announce(
    const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop
) {
    Pasts kept;
    for (const Instance& instance : instances) {
        if (instance.endpoint().is_unix()) {
            return Error{
                Errc::invalid_argument,
                "Eureka's protocol lists hosts and ports, not " + instance.endpoint().to_string() +
                    "; announce a TCP address, or to a registry of another kind"};
        }
        Past& past = past_of(instance);
        kept.insert({{lease_name(instance), instance.incarnation}, std::move(past)});
    }
    pasts_ = std::move(kept);
    announced_ = instances;
    Lease answer = lease();
    for (const Instance& instance : announced_) {
        if (is_replaced(instance, deadline, stop)) {
            answer.replaced.push_back(lease_name(instance));
        } else if (auto posted = post(instance, answer, deadline, stop); !posted) {
            return posted.error();
        }
    }
    return answer;
}

Result<Lease> EurekaAnnouncer::renew(Deadline deadline, std::stop_token stop) {
    Lease answer = lease();
    for (const Instance& instance : announced_) {
        const std::string path = eureka_path(instance);
        auto beat = client_.request("PUT", path, "", deadline, stop);
        if (!beat) return beat.error();
        if (beat->status() == 404) {
            answer.missing.push_back(lease_name(instance));
        } else if (!beat->ok()) {
            return client_.refusal("PUT", path, *beat);
        } else if (is_replaced(instance, deadline, stop)) {
            answer.replaced.push_back(lease_name(instance));
        }
    }
    return answer;
}

Result<void> EurekaAnnouncer::withdraw(Deadline deadline, std::stop_token stop) {
    Result<void> result;
    for (const Instance& instance : announced_) {
        if (is_replaced(instance, deadline, stop)) continue;
        const std::string path = eureka_path(instance);
        auto answer = client_.request("DELETE", path, "", deadline, stop);
        if (!answer) return answer.error();
        const bool gone = answer->ok() || answer->status() == 404;
        if (!gone) result = client_.refusal("DELETE", path, *answer);
    }
    return result;
}

Result<std::string> EurekaAnnouncer::local_address(Deadline deadline, std::stop_token stop) {
    return client_.local_address(deadline, stop);
}

EurekaAnnouncer::Past& EurekaAnnouncer::past_of(const Instance& instance) {
    return pasts_[{lease_name(instance), instance.incarnation}];
}

bool EurekaAnnouncer::is_replaced(
    const Instance& instance, Deadline deadline, const std::stop_token& stop
) {
    if (instance.incarnation.empty()) return false;
    const auto answer = client_.request("GET", eureka_path(instance), "", deadline, stop);
    if (!answer || !answer->ok()) return false;
    const auto listed = eureka_from_json(answer->body());
    if (!listed) return false;
    const std::string incarnation = incarnation_in(listed->metadata);
    if (incarnation.empty() || incarnation == instance.incarnation) return false;
    Past& past = past_of(instance);
    // Servers that stand behind one address may go on to show for a while who was there before us.
    const auto& older = past.older;
    if (std::find(older.begin(), older.end(), incarnation) != older.end()) return false;
    if (past.was_accepted) return true;
    past.older.push_back(incarnation);
    return false;
}

Result<void> EurekaAnnouncer::post(
    const Instance& instance, Lease& lease, Deadline deadline, const std::stop_token& stop
) {
    const std::string path = eureka_path(instance.service);
    auto answer = client_.request("POST", path, body_of(instance), deadline, stop);
    if (!answer) return answer.error();
    if (answer->status() == 409) {  // from our own registry, which remembers who was replaced
        lease.replaced.push_back(lease_name(instance));
        return {};
    }
    if (!answer->ok()) return client_.refusal("POST", path, *answer);
    past_of(instance).was_accepted = true;
    return {};
}

Lease EurekaAnnouncer::lease() const {
    Lease lease;
    lease.interval = kLongestInterval;
    for (const Instance& instance : announced_)
        lease.interval = std::min(lease.interval, interval_of(instance));
    return lease;
}

}  // namespace rollcall::registry
