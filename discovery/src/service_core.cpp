#include "service_core.h"

#include <rollcall/base/catching.h>

#include <algorithm>
#include <future>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace rollcall::discovery {
namespace {

// How long a stopping client waits for an I/O thread that does not answer.
constexpr Duration kStopPatience = std::chrono::seconds{5};
constexpr Duration kProbePatience = std::chrono::seconds{1};  // beside the time to connect
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
    require(options.avoid_after > 0, "ServiceClientOptions::avoid_after must be positive");
    require(options.avoid_rate > 0, "ServiceClientOptions::avoid_rate must be positive");
    require(options.avoid_window > none, "ServiceClientOptions::avoid_window must be positive");
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
      prober_(std::make_shared<Prober>(executor_, options_.client.connect_timeout + kProbePatience)
      ),
      hedges_(std::make_shared<Hedges>(executor_, options_.hedge)),
      neighbours_(std::make_shared<Neighbours>(RateRule{
          options_.avoid_rate, options_.avoid_rate_calls})),
      maker_(
          options_.filter,
          options_.zone,
          [this](const Endpoint& endpoint) {
              return std::make_shared<InstanceSlot>(
                  endpoint, options_, neighbours_, SteadyClock::now()
              );
          }
      ),
      budget_(options_.retry_ratio, options_.retry_burst),
      list_(std::make_shared<const SlotList>()) {
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
    auto snapshot = self->discovery_.snapshot();
    if (snapshot == old->snapshot) {
        // Only a failure to get one.
        fresh = std::make_shared<SlotList>(*old);
        ++fresh->version;
    } else {
        fresh = self->maker_.next(*old, std::move(snapshot));
        self->neighbours_->set_members(fresh->slots.size());
        self->prepare(*fresh);
        self->tell_remainder(*old, *fresh);
    }
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

// A selector of the user's that throws here has no table; calls go on.
void ServiceCore::prepare(const SlotList& list) const {
    if (list.slots.empty()) return;
    const Result<void> prepared = catching(Errc::no_instances, [&]() -> Result<void> {
        selector_->prepare(list.candidates(SteadyClock::now()));
        return {};
    });
    if (!prepared)
        options_.client.log.error("a selector, about a new list: " + prepared.error().message());
}

void ServiceCore::tell_remainder(const SlotList& old, const SlotList& fresh) const {
    if (!fresh.is_remainder || old.is_remainder) return;
    options_.client.log.warning(
        discovery_.why_none() + "; calls go on to the " + std::to_string(fresh.slots.size()) +
        " instances that are still connected"
    );
}

std::shared_ptr<const SlotList> ServiceCore::list() const {
    const std::lock_guard lock{mutex_};
    return list_;
}

Choice ServiceCore::choose(
    const std::vector<SlotPtr>& tried, std::optional<std::uint64_t> key, TimePoint now
) {
    const auto current = list();
    Choice choice;
    choice.version = current->version;
    choice.none_known = current->slots.empty();
    if (choice.none_known) return choice;
    const Candidates all = current->candidates(now).with_key(key);
    std::size_t index = 0;
    if (tried.empty() && neighbours_->all_well()) {
        const Candidates candidates = all.only(current->preferred);
        const std::size_t chosen = std::min(selector_->choose(candidates), candidates.size() - 1);
        index = current->preferred.empty() ? chosen : current->preferred[chosen];
        choice.is_last = current->slots.size() == 1;
    } else {
        std::size_t untried = 0;
        const std::vector<std::uint32_t> best = fittest_of(*current, tried, untried);
        if (best.empty()) return choice;
        const std::size_t chosen = selector_->choose(all.only(best));
        index = best[std::min(chosen, best.size() - 1)];
        choice.is_last = untried == 1;
    }
    choice.slot = current->slots[index];
    return choice;
}

std::vector<std::uint32_t> ServiceCore::fittest_of(
    const SlotList& list, const std::vector<SlotPtr>& tried, std::size_t& untried
) const {
    std::vector<Standing> standings;
    standings.reserve(list.slots.size());
    for (std::size_t i = 0; i < list.slots.size(); ++i) {
        standings.push_back(maker_.standing(list, i));
        standings.back().tried = contains(tried, list.slots[i]);
        if (!standings.back().tried) ++untried;
    }
    return fittest(standings);
}

void ServiceCore::plan_probe(const SlotPtr& slot) {
    Prober::plan(prober_, slot);
}

std::string ServiceCore::why_none() const {
    std::string why = discovery_.why_none();
    if (options_.filter.is_set()) why += "; or none of them passes this client's filter";
    return why;
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
    Prober::close(self->prober_);
    Hedges::close(self->hedges_);
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
        states.back().instance = current->instance(i);
    }
    return states;
}

}  // namespace rollcall::discovery
