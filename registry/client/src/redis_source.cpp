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
constexpr Duration kNewsPace = std::chrono::milliseconds{50};
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
    if (!validate(*instance, kAnyLease)) return std::nullopt;
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
    snapshot.taken = SteadyClock::now();
    return snapshot;
}

Result<std::vector<Snapshot>> RedisSource::changed(
    const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
) {
    std::vector<Snapshot> news;
    for (const KnownList& each : known) {
        const auto channel = channel_of(each.service);
        if (!channel) return channel.error();
        const auto sure = sure_.find(*channel);
        if (sure != sure_.end() && sure->second == each.index) continue;
        auto snapshot = read_one(each.service, deadline, stop);
        if (!snapshot) return snapshot.error();
        quiet_until_ = SteadyClock::now() + kNewsPace;
        sure_[*channel] = snapshot->index;
        if (snapshot->index != each.index) news.push_back(*std::move(snapshot));
    }
    return news;
}

Result<std::vector<Snapshot>> RedisSource::wait(
    const std::vector<KnownList>& known, Duration wait, Deadline deadline, std::stop_token stop
) {
    const Deadline end = Deadline::in(wait).earlier(deadline);
    for (bool has_lost = false;;) {
        // First subscribed, then read: nothing is missed in between.
        if (auto done = subscribe(known, deadline, stop); !done) return done.error();
        const TimePoint now = SteadyClock::now();
        // Nobody tells of leases that end; and who finds nothing new says so by what Redis answers.
        const bool is_over = end.expired(now);
        if (is_over || now >= next_look_) {
            sure_.clear();
            next_look_ = now + std::clamp<Duration>(options_.ttl / 3, kShortestLook, kLongestLook);
        }
        auto news = changed(known, deadline, stop);
        if (!news || !news->empty() || is_over) return news;
        auto heard = listen(Deadline::at(next_look_).earlier(end), stop);
        if (heard) continue;
        // A connection may end once, and is made anew; one that goes on ending is a failure.
        const bool is_cancelled = heard.error().code() == Errc::cancelled;
        if (is_cancelled || std::exchange(has_lost, true)) return heard.error();
    }
}

Result<std::string> RedisSource::channel_of(const std::string& service) const {
    auto name = normalized_service(service);
    if (!name) return name;
    return options_.prefix + *name;
}

Result<void> RedisSource::subscribe(
    const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
) {
    if (!news_.is_open()) {
        channels_.clear();
        sure_.clear();
    }
    if (auto opened = news_.open(deadline, stop); !opened) return opened.error();
    std::set<std::string> wanted;
    for (const KnownList& each : known) {
        auto channel = channel_of(each.service);
        if (!channel) return channel.error();
        wanted.insert(*std::move(channel));
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
            // Redis has answered no: it may be read all the same, and does not let us wait.
            const bool is_refused = news_.is_open() && !is_interruption(reply.error());
            news_.close();
            if (is_refused) return Error{Errc::overloaded, reply.error().message()};
            if (!is_interruption(reply.error()) || stop.stop_requested()) return reply.error();
            return Error{Errc::registry_failed, news_.name() + ": no answer to SUBSCRIBE in time"};
        }
        const bool is_it = !reply->items.empty() && reply->items.front().text == "subscribe";
        confirmed += is_it ? 1 : 0;
        note(*reply);
    }
    channels_ = std::move(wanted);
    std::erase_if(sure_, [this](const auto& each) { return !channels_.contains(each.first); });
    return {};
}

Result<void> RedisSource::listen(Deadline deadline, const std::stop_token& stop) {
    auto reply = news_.receive(deadline, stop);
    // What comes soon after is read together with it.
    while (reply) {
        note(*reply);
        reply = news_.receive(Deadline::at(quiet_until_).earlier(deadline), stop);
    }
    if (stop.stop_requested()) return Error{Errc::cancelled, "cancelled"};
    if (is_interruption(reply.error())) return {};
    return reply.error();
}

void RedisSource::note(const RedisReply& reply) {
    const bool is_news = reply.items.size() == 3 && reply.items.front().text == "message";
    if (is_news) sure_.erase(reply.items[1].text);
}

}  // namespace rollcall::registry
