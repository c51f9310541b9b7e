#include <rollcall/registry/instance_json.h>
#include <rollcall/registry/validation.h>

#include "content_index.h"
#include "read_each.h"
#include "redis_registry.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace rollcall::registry {
namespace {

using Kind = RedisReply::Kind;

constexpr std::size_t kIdsPerQuestion = 1000;
constexpr Duration kShortestLook = std::chrono::milliseconds{50};
constexpr Duration kLongestLook = std::chrono::seconds{5};

// One that anybody could call; what others write must not spoil the list.
std::optional<Instance> instance_in(
    const std::string& text, const std::string& service, const std::string& id
) {
    auto instance = instance_from_json(text);
    if (!instance) return std::nullopt;
    instance->service = service;
    instance->id = id;
    instance->via = "redis";
    if (!validate(*instance, {.ttl_min = std::chrono::milliseconds{1}})) return std::nullopt;
    return *std::move(instance);
}

bool is_interruption(const Error& error) {
    return error.code() == Errc::timed_out || error.code() == Errc::cancelled;
}

}  // namespace

RedisSource::RedisSource(const RedisOptions& options)
    : options_(options), link_(options), news_(options) {
}

Result<std::vector<Snapshot>> RedisSource::read(
    const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
) {
    return read_each(services, [&](const std::string& service) {
        return read_one(service, deadline, stop);
    });
}

Result<Snapshot> RedisSource::read_one(
    const std::string& service, Deadline deadline, const std::stop_token& stop
) {
    const auto name = normalized_service(service);
    if (!name) return name.error();
    const std::string list = options_.prefix + *name;
    auto ids = link_.command({"ZRANGE", list, "0", "-1"}, deadline, stop);
    if (!ids) return ids.error();
    // The order of the leases' ends changes with each heartbeat.
    std::sort(ids->items.begin(), ids->items.end(), [](const auto& a, const auto& b) {
        return a.text < b.text;
    });
    Snapshot snapshot;
    snapshot.service = service;
    std::size_t unreadable = 0;
    for (std::size_t begin = 0; begin < ids->items.size(); begin += kIdsPerQuestion) {
        const std::size_t end = std::min(begin + kIdsPerQuestion, ids->items.size());
        RedisLink::Words words{"MGET"};
        for (std::size_t i = begin; i < end; ++i)
            words.push_back(list + ":" + ids->items[i].text);
        const auto texts = link_.command(words, deadline, stop);
        if (!texts) return texts.error();
        for (std::size_t i = begin; i < end && i - begin < texts->items.size(); ++i) {
            const RedisReply& text = texts->items[i - begin];
            if (text.kind != Kind::text) continue;  // its lease has ended
            auto instance = instance_in(text.text, *name, ids->items[i].text);
            if (!instance) ++unreadable;
            if (instance) snapshot.instances.push_back(*std::move(instance));
        }
    }
    if (unreadable > 0 && snapshot.instances.empty()) {
        return Error{
            Errc::registry_failed,
            link_.name() + ": none of the " + std::to_string(unreadable) + " keys " + list +
                ":... is an instance as JSON; is something else using the prefix?"};
    }
    snapshot.index = content_index(snapshot.instances);
    if (!link_.run_id().empty()) snapshot.index = link_.run_id() + "." + snapshot.index;
    snapshot.taken = SteadyClock::now();
    return snapshot;
}

Result<std::vector<Snapshot>> RedisSource::changed(
    const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
) {
    std::vector<Snapshot> news;
    for (const KnownList& each : known) {
        auto snapshot = read_one(each.service, deadline, stop);
        if (!snapshot) return snapshot.error();
        if (snapshot->index != each.index) news.push_back(*std::move(snapshot));
    }
    return news;
}

Result<std::vector<Snapshot>> RedisSource::wait(
    const std::vector<KnownList>& known, Duration wait, Deadline deadline, std::stop_token stop
) {
    const Deadline end = Deadline::in(wait).earlier(deadline);
    const Duration look = std::clamp<Duration>(options_.ttl / 3, kShortestLook, kLongestLook);
    for (bool has_lost = false;;) {
        // First subscribed, then read: nothing is missed in between.
        if (auto done = subscribe(known, deadline, stop); !done) return done.error();
        auto news = changed(known, deadline, stop);
        if (!news || !news->empty() || end.expired()) return news;
        auto heard = listen(Deadline::in(look).earlier(end), stop);
        if (heard) continue;
        // A connection may end once, and is made anew; one that goes on ending is a failure.
        const bool is_cancelled = heard.error().code() == Errc::cancelled;
        if (is_cancelled || std::exchange(has_lost, true)) return heard.error();
    }
}

Result<void> RedisSource::subscribe(
    const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
) {
    if (!news_.is_open()) channels_.clear();
    if (auto opened = news_.open(deadline, stop); !opened) return opened.error();
    std::set<std::string> wanted;
    for (const KnownList& each : known) {
        const auto name = normalized_service(each.service);
        if (!name) return name.error();
        wanted.insert(options_.prefix + *name);
    }
    RedisLink::Words more{"SUBSCRIBE"};
    for (const std::string& channel : wanted) {
        if (!channels_.contains(channel)) more.push_back(channel);
    }
    RedisLink::Words fewer{"UNSUBSCRIBE"};
    for (const std::string& channel : channels_) {
        if (!wanted.contains(channel)) fewer.push_back(channel);
    }
    for (const auto& words : {more, fewer}) {
        if (words.size() == 1) continue;
        if (auto sent = news_.send(words, deadline, stop); !sent) return sent.error();
    }
    // Those that are no longer wanted need no answer: it is dropped when it comes.
    for (std::size_t confirmed = 1; confirmed < more.size();) {
        const auto reply = news_.receive(deadline, stop);
        if (!reply) {
            news_.close();
            if (!is_interruption(reply.error()) || stop.stop_requested()) return reply.error();
            return Error{Errc::registry_failed, news_.name() + ": no answer to SUBSCRIBE in time"};
        }
        const bool is_it = !reply->items.empty() && reply->items.front().text == "subscribe";
        confirmed += is_it ? 1 : 0;
    }
    channels_ = std::move(wanted);
    return {};
}

Result<void> RedisSource::listen(Deadline deadline, const std::stop_token& stop) {
    auto reply = news_.receive(deadline, stop);
    // What has come in the meantime is read together with it.
    while (reply)
        reply = news_.receive(Deadline::in(Duration::zero()), stop);
    if (stop.stop_requested()) return Error{Errc::cancelled, "cancelled"};
    if (is_interruption(reply.error())) return {};
    return reply.error();
}

}  // namespace rollcall::registry
