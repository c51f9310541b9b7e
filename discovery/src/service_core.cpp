#include "service_core.h"

#include "standing.h"

#include <algorithm>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace rollcall::discovery {
namespace {

// How long a stopping client waits for an I/O thread that does not answer.
constexpr Duration kStopPatience = std::chrono::seconds{5};
constexpr Duration kMaxDialBackoff = std::chrono::milliseconds{200};

void require(bool holds, const char* sentence) {
    if (!holds) throw std::invalid_argument{sentence};
}

ServiceClientOptions checked(ServiceClientOptions options) {
    const Duration none{0};
    require(options.call_timeout > none, "ServiceClientOptions::call_timeout must be positive");
    require(
        options.attempt_timeout >= none,
        "ServiceClientOptions::attempt_timeout must not be negative"
    );
    require(options.max_attempts > 0, "ServiceClientOptions::max_attempts must be positive");
    require(options.retry_ratio >= 0, "ServiceClientOptions::retry_ratio must not be negative");
    require(options.max_waiting > 0, "ServiceClientOptions::max_waiting must be positive");
    require(
        options.avoid.min >= none && options.avoid.max >= options.avoid.min,
        "ServiceClientOptions::avoid needs 0 <= min <= max"
    );
    require(
        options.client.connect_timeout > none,
        "ServiceClientOptions::client.connect_timeout must be positive"
    );
    if (!options.client.io) options.client.io = rpc::IoThreads::shared();
    if (!options.token.empty()) options.client.token = options.token;
    options.client.backoff.max = std::min(options.client.backoff.max, kMaxDialBackoff);
    options.client.backoff.min = std::min(options.client.backoff.min, options.client.backoff.max);
    // For the words of its errors; each call comes with a deadline of its own.
    options.client.call_timeout = options.call_timeout;
    // Whether to wait for an instance or to try another is decided here, not in its client.
    options.client.wait_for_ready = false;
    if (!options.selector) options.selector = make_selector(options.select);
    // Clients are made when they are needed; options that they refuse are refused now.
    const rpc::Client accepts_options{Endpoint{"127.0.0.1", 1}, options.client};
    return options;
}

bool contains(const std::vector<SlotPtr>& slots, const SlotPtr& slot) {
    return std::find(slots.begin(), slots.end(), slot) != slots.end();
}

}  // namespace

ServiceCore::ServiceCore(const Discovery& discovery, ServiceClientOptions options)
    : options_(checked(std::move(options))),
      discovery_(discovery),
      io_(options_.client.io),
      executor_(io_.executor()),
      selector_(options_.selector),
      room_(std::make_shared<WaitingRoom>(executor_, options_.max_waiting)),
      list_(std::make_shared<const SlotList>()),
      budget_(options_.retry_ratio, options_.retry_burst) {
}

bool ServiceCore::is_forked() const {
    return !home_.is_here();
}

void ServiceCore::open(const Self& self) {
    auto subscription = self->discovery_.subscribe([weak = std::weak_ptr<ServiceCore>{self}] {
        if (const Self core = weak.lock()) follow(core);
    });
    {
        const std::lock_guard lock{self->mutex_};
        self->subscription_ = std::move(subscription);
    }
    follow(self);
}

// ---- the list

void ServiceCore::follow(const Self& self) {
    std::shared_ptr<const SlotList> old;  // let go of, and its connections closed, without a lock
    std::shared_ptr<SlotList> fresh;
    const std::lock_guard one_at_a_time{self->follow_mutex_};
    old = self->list();
    fresh = self->renewed(*old);
    {
        const std::lock_guard lock{self->mutex_};
        if (self->is_stopped()) return;
        self->list_ = fresh;
        std::erase_if(self->retired_, [](const auto& each) { return each.expired(); });
        for (const SlotPtr& slot : old->slots) {
            if (!contains(fresh->slots, slot)) self->retired_.push_back(slot);
        }
    }
    WaitingRoom::wake_all(self->room_, fresh->version);
}

// An instance keeps its connection and its record as long as its id and its address stay.
std::shared_ptr<SlotList> ServiceCore::renewed(const SlotList& old) const {
    auto fresh = std::make_shared<SlotList>();
    fresh->snapshot = discovery_.snapshot();
    if (fresh->snapshot == old.snapshot) *fresh = old;
    fresh->version = old.version + 1;
    if (fresh->snapshot == old.snapshot) return fresh;
    std::map<std::pair<std::string_view, Endpoint>, SlotPtr> known;
    for (std::size_t i = 0; i < old.slots.size(); ++i)
        known[{old.instances[i]->id, old.slots[i]->endpoint()}] = old.slots[i];
    for (const registry::Instance& instance : fresh->snapshot->instances) {
        if (takes_calls(instance)) fresh->instances.push_back(&instance);
    }
    std::sort(fresh->instances.begin(), fresh->instances.end(), [](const auto* a, const auto* b) {
        return a->id < b->id;
    });
    for (const registry::Instance* instance : fresh->instances) {
        fresh->has_stale = fresh->has_stale || instance->stale;
        SlotPtr& slot = known[{instance->id, instance->endpoint()}];
        if (!slot) {
            slot = std::make_shared<InstanceSlot>(
                instance->endpoint(), options_.client, options_.avoid
            );
        }
        fresh->slots.push_back(slot);
    }
    return fresh;
}

std::shared_ptr<const SlotList> ServiceCore::list() const {
    const std::lock_guard lock{mutex_};
    return list_;
}

Choice ServiceCore::choose(const std::vector<SlotPtr>& tried, TimePoint now) {
    for (;;) {
        Choice choice = pick(tried, now);
        // If another call has just begun to try this one, it is avoided now.
        if (!choice.slot || choice.slot->is_avoided(now) || choice.slot->take_probe(now))
            return choice;
    }
}

Choice ServiceCore::pick(const std::vector<SlotPtr>& tried, TimePoint now) {
    const auto current = list();
    Choice choice;
    choice.version = current->version;
    choice.none_known = current->slots.empty();
    const auto is_avoided = [now](const SlotPtr& slot) { return slot->is_avoided(now); };
    const bool all_fit = tried.empty() && !current->has_stale && !choice.none_known &&
                         std::none_of(current->slots.begin(), current->slots.end(), is_avoided);
    if (all_fit) {
        const std::size_t index = selector_->choose(current->instances);
        choice.slot = current->slots[std::min(index, current->slots.size() - 1)];
        choice.is_last = current->slots.size() == 1;
        return choice;
    }
    std::vector<Standing> standings;
    std::size_t untried = 0;
    for (std::size_t i = 0; i < current->slots.size(); ++i) {
        const SlotPtr& slot = current->slots[i];
        standings.push_back(
            {contains(tried, slot), slot->is_avoided(now), current->instances[i]->stale}
        );
        if (!standings.back().tried) ++untried;
    }
    const std::vector<std::size_t> best = fittest(standings);
    if (best.empty()) return choice;
    std::vector<const registry::Instance*> candidates;
    candidates.reserve(best.size());
    for (const std::size_t index : best)
        candidates.push_back(current->instances[index]);
    const std::size_t chosen = std::min(selector_->choose(candidates), best.size() - 1);
    choice.slot = current->slots[best[chosen]];
    choice.is_last = untried == 1;
    return choice;
}

// ---- retries

void ServiceCore::count_call() {
    const std::lock_guard lock{mutex_};
    budget_.on_call();
}

bool ServiceCore::take_retry() {
    const std::lock_guard lock{mutex_};
    return budget_.take();
}

// ---- the end

void ServiceCore::close_slots() {
    std::vector<SlotPtr> open;
    Subscription ended;
    {
        const std::lock_guard lock{mutex_};
        open = list_->slots;
        for (const auto& each : retired_) {
            if (SlotPtr slot = each.lock()) open.push_back(std::move(slot));
        }
        retired_.clear();
        list_ = std::make_shared<const SlotList>();
        ended = std::move(subscription_);
    }
    for (const SlotPtr& slot : open)
        slot->close();
}

void ServiceCore::stop(const Self& self) {
    {
        const std::lock_guard lock{self->mutex_};
        self->stopped_.store(true, std::memory_order_release);
    }
    WaitingRoom::close(self->room_);
    self->close_slots();
    if (rpc::IoThreads::on_io_thread()) return;
    // Behind the ends of all calls, which take place there.
    auto ended = std::make_shared<std::promise<void>>();
    auto end = ended->get_future();
    asio::post(self->executor_, [ended] { ended->set_value(); });
    if (end.wait_for(kStopPatience) != std::future_status::ready) {
        self->options_.client.log.error("a service client's I/O thread does not answer");
    }
}

std::vector<InstanceState> ServiceCore::state() const {
    const auto current = list();
    const TimePoint now = SteadyClock::now();
    std::vector<InstanceState> states;
    for (std::size_t i = 0; i < current->slots.size(); ++i) {
        states.push_back(current->slots[i]->state(now));
        states.back().instance = *current->instances[i];
    }
    return states;
}

}  // namespace rollcall::discovery
