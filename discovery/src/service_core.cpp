#include "service_core.h"

#include <rollcall/base/catching.h>

#include "list_of_turn.h"
#include "service_options.h"

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

// Waits until what has been posted there before is done. False if it is not done in time.
bool pass_through(const asio::any_io_executor& executor, Deadline deadline) {
    auto passed = std::make_shared<std::promise<void>>();
    auto end = passed->get_future();
    asio::post(executor, [passed] { passed->set_value(); });
    return end.wait_for(deadline.remaining()) == std::future_status::ready;
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
      is_layered_(!options_.client.middleware.empty()),
      budget_(options_.retry_ratio, options_.retry_burst),
      list_(std::make_shared<const SlotList>()) {
}

bool ServiceCore::is_forked() const {
    return !home_.is_here();
}

void ServiceCore::open(const Self& self) {
    self->link_->core = self;
    auto subscription = self->discovery_.subscribe([link = self->link_] {
        const std::lock_guard lock{link->mutex};
        if (link->ended) return;
        if (const Self core = link->core.lock()) follow(core);
    });
    {
        const std::lock_guard lock{self->mutex_};
        self->subscription_ = std::move(subscription);
    }
    const std::lock_guard lock{self->link_->mutex};
    follow(self);
}

// ---- the list

// Under the link's lock: one change of the list at a time.
void ServiceCore::follow(const Self& self) {
    std::shared_ptr<const SlotList> old = self->list();
    auto snapshot = self->discovery_.snapshot();
    // Only a failure to get one: who waits for instances may hurry the next attempt.
    if (snapshot == old->snapshot) return self->tell(false);
    const std::shared_ptr<const SlotList> fresh =
        self->maker_.next(*old, std::move(snapshot), SteadyClock::now());
    self->neighbours_->set_members(fresh->slots.size());
    self->prepare(*fresh);
    self->tell_remainder(*old, *fresh);
    self->adopt(*old, fresh);
    // Closing a connection takes a turn of its thread, and here the lists of others would wait for
    // that; on an I/O thread nothing does.
    asio::post(self->executor_, [last = std::move(old)]() mutable { last.reset(); });
}

void ServiceCore::adopt(const SlotList& old, const std::shared_ptr<const SlotList>& fresh) {
    const auto addresses = [](const SlotList& list) {
        std::vector<const InstanceSlot*> all;
        for (const SlotPtr& slot : list.slots)
            all.push_back(slot.get());
        std::sort(all.begin(), all.end());
        return all;
    };
    const auto before = addresses(old);
    const auto now = addresses(*fresh);
    std::vector<std::weak_ptr<InstanceSlot>> gone;
    for (const SlotPtr& slot : old.slots) {
        if (!std::binary_search(now.begin(), now.end(), slot.get())) gone.emplace_back(slot);
    }
    {
        const std::lock_guard lock{mutex_};
        if (is_stopped()) return;
        list_ = fresh;
        version_.store(fresh->version, std::memory_order_release);
        fit_ = nullptr;
        std::erase_if(retired_, [](const auto& each) { return each.expired(); });
        retired_.insert(retired_.end(), gone.begin(), gone.end());
    }
    tell(!std::includes(before.begin(), before.end(), now.begin(), now.end()));
}

void ServiceCore::tell(bool has_newcomers) {
    WaitingRoom::tell(room_, news_.fetch_add(1, std::memory_order_acq_rel) + 1, has_newcomers);
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
    Choice choice;
    choice.news = news();
    ListOfTurn::List spare;
    const SlotList& current = ListOfTurn::find(
        this, version_.load(std::memory_order_acquire), spare, [this] { return list(); }
    );
    choice.none_known = current.slots.empty();
    if (choice.none_known) return choice;
    const Candidates all = current.candidates(now).with_key(key);
    const auto chosen_of = [&](std::span<const std::uint32_t> fit) {
        const Candidates candidates = all.only(fit);
        const std::size_t chosen = std::min(selector_->choose(candidates), candidates.size() - 1);
        return current.slots[fit.empty() ? chosen : fit[chosen]];
    };
    if (tried.empty()) {
        choice.is_last = current.slots.size() == 1;
        choice.slot = neighbours_->all_well() ? chosen_of(current.preferred)
                                              : chosen_of(fit_of(current)->best);
        return choice;
    }
    std::size_t untried = 0;
    const std::vector<std::uint32_t> best = fittest_of(current, tried, untried);
    if (best.empty()) return choice;
    choice.is_last = untried == 1;
    choice.slot = chosen_of(best);
    return choice;
}

std::shared_ptr<const ServiceCore::Fit> ServiceCore::fit_of(const SlotList& list) {
    // Before the instances are looked at: a change meanwhile makes this one of the past.
    const std::uint64_t changes = neighbours_->changes();
    {
        const std::lock_guard lock{mutex_};
        if (fit_ && fit_->list.get() == &list && fit_->changes == changes) return fit_;
    }
    std::size_t all = 0;
    auto fit = std::make_shared<const Fit>(Fit{
        list.shared_from_this(), changes, fittest_of(list, {}, all)});
    const std::lock_guard lock{mutex_};
    // Not that of a list which has been replaced meanwhile: it would keep its connections.
    if (list_.get() == &list) fit_ = fit;
    return fit;
}

std::vector<std::uint32_t> ServiceCore::fittest_of(
    const SlotList& list, const std::vector<SlotPtr>& tried, std::size_t& untried
) const {
    std::vector<SlotPtr> sorted = tried;
    std::sort(sorted.begin(), sorted.end());
    std::vector<Standing> standings;
    standings.reserve(list.slots.size());
    for (std::size_t i = 0; i < list.slots.size(); ++i) {
        standings.push_back(maker_.standing(list, i));
        standings.back().tried = std::binary_search(sorted.begin(), sorted.end(), list.slots[i]);
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

std::vector<SlotPtr> ServiceCore::take_slots() {
    const std::lock_guard lock{mutex_};
    std::vector<SlotPtr> open = list_->slots;
    for (const auto& each : retired_) {
        if (SlotPtr slot = each.lock()) open.push_back(std::move(slot));
    }
    retired_.clear();
    fit_ = nullptr;
    list_ = std::make_shared<const SlotList>();
    version_.store(list_->version, std::memory_order_release);
    return open;
}

void ServiceCore::stop(const Self& self) {
    Subscription ended;
    {
        const std::lock_guard lock{self->mutex_};
        self->stopped_.store(true, std::memory_order_release);
        ended = std::move(self->subscription_);
    }
    self->link_->ended = true;
    WaitingRoom::close(self->room_);
    Prober::close(self->prober_);
    Hedges::close(self->hedges_);
    const auto close_all = [open = self->take_slots()](Deadline until) {
        for (const SlotPtr& slot : open) {
            if (until.expired()) return;
            slot->close();
        }
    };
    if (rpc::IoThreads::on_io_thread()) return close_all(Deadline::never());
    { const std::lock_guard behind_a_list_that_is_followed{self->link_->mutex}; }
    // First all at once, on an I/O thread, where nothing is waited for; then each end is waited
    // for. At last what waits for the ends of all calls, which take place there.
    const auto deadline = Deadline::in(kStopPatience);
    asio::post(self->executor_, [close_all] { close_all(Deadline::never()); });
    const bool begun = pass_through(self->executor_, deadline);
    close_all(deadline);
    if (!begun || !pass_through(self->executor_, deadline))
        self->options_.client.log.error("a service client's I/O thread does not answer");
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
