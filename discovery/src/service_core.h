#pragma once
// What a ServiceClient is made of: the instances it may call, and who waits for some.

#include <rollcall/base/home_process.h>
#include <rollcall/discovery/service_client.h>

#include "call_tally.h"
#include "hedges.h"
#include "prober.h"
#include "retry.h"
#include "slot_list.h"
#include "waiting_room.h"

#include <asio/post.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace rollcall::discovery {

// What a call shall do next.
struct Choice {
    SlotPtr slot;             // there; null: wait
    bool none_known = false;  // no instance is known
    bool is_last = false;     // no other is left untried
    std::uint64_t news = 0;   // the last that this choice knew
};

// Shared by its ServiceClient and by the calls under way.
class ServiceCore {
public:
    using Self = std::shared_ptr<ServiceCore>;

    // Throws std::invalid_argument if an option makes no sense.
    ServiceCore(const Discovery& discovery, ServiceClientOptions options);

    // Follows the discovery from now on.
    static void open(const Self& self);
    // Ends all calls; waits unless it is called on an I/O thread.
    static void stop(const Self& self);

    [[nodiscard]] const ServiceClientOptions& options() const { return options_; }

    [[nodiscard]] const Discovery& discovery() const { return discovery_; }

    [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

    [[nodiscard]] const WaitingRoom::Self& room() const { return room_; }

    [[nodiscard]] bool is_stopped() const { return stopped_.load(std::memory_order_acquire); }

    // True in a child of the process that made it.
    [[nodiscard]] bool is_forked() const;

    // The instance for the next attempt of a call that has tried `tried`.
    [[nodiscard]] Choice choose(
        const std::vector<SlotPtr>& tried, std::optional<std::uint64_t> key, TimePoint now
    );
    [[nodiscard]] std::shared_ptr<const SlotList> list() const;

    // The number of the last news about the list. To be read before the list is.
    [[nodiscard]] std::uint64_t news() const { return news_.load(std::memory_order_acquire); }

    // An instance has failed: it is looked after.
    void plan_probe(const SlotPtr& slot);

    // Why there is nobody to call, a whole clause.
    [[nodiscard]] std::string why_none() const;

    // Whether the first attempt at this one may be the caller's call itself.
    [[nodiscard]] bool goes_direct(const rpc::PackedInvocation& invocation) const {
        return !is_layered_ && !(hedges_->is_on() && invocation.is_idempotent());
    }

    // Of one with its first attempt.
    void count_direct_call() {
        budget_.on_call();
        tally_.add(CallTally::direct);
    }

    void count_call() {
        budget_.on_call();
        tally_.add(CallTally::call);
    }

    // Whether one more may be made.
    [[nodiscard]] bool take_retry() {
        const bool may = budget_.take();
        if (!may) tally_.add(CallTally::unrepeated);
        return may;
    }

    [[nodiscard]] CallTally& tally() { return tally_; }

    [[nodiscard]] const Hedges::Self& hedges() const { return hedges_; }

    [[nodiscard]] std::vector<InstanceState> state() const;

private:
    // Between the discovery's thread and the end: stop() waits for a follow() under way.
    struct Link {
        std::recursive_mutex mutex;
        std::atomic<bool> ended{false};
        std::weak_ptr<ServiceCore> core;
    };

    // Those that come first while some are avoided, so that not each call has to look at all.
    struct Fit {
        std::shared_ptr<const SlotList> list;
        std::uint64_t changes = 0;  // of who is avoided
        std::vector<std::uint32_t> best;
    };

    static void follow(const Self& self);
    void adopt(const SlotList& old, const std::shared_ptr<const SlotList>& fresh);
    void tell(bool has_newcomers);
    [[nodiscard]] std::shared_ptr<const Fit> fit_of(const SlotList& list);
    // Those that come first, and how many of all are left untried.
    [[nodiscard]] std::vector<std::uint32_t> fittest_of(
        const SlotList& list, const std::vector<SlotPtr>& tried, std::size_t& untried
    ) const;
    void prepare(const SlotList& list) const;
    void tell_remainder(const SlotList& old, const SlotList& fresh) const;
    // All that may be connected; there are none from now on.
    [[nodiscard]] std::vector<SlotPtr> take_slots();

    const ServiceClientOptions options_;
    const Discovery discovery_;
    const rpc::IoThreads io_;
    const asio::any_io_executor executor_;
    const std::shared_ptr<Selector> selector_;
    const WaitingRoom::Self room_;
    const Prober::Self prober_;
    const Hedges::Self hedges_;
    const std::shared_ptr<Neighbours> neighbours_;
    const SlotListMaker maker_;
    const bool is_layered_;
    const HomeProcess home_;
    const std::shared_ptr<Link> link_ = std::make_shared<Link>();
    std::atomic<bool> stopped_{false};
    std::atomic<std::uint64_t> news_{0};
    std::atomic<std::uint64_t> version_{0};  // of the list
    RetryBudget budget_;
    CallTally tally_;

    mutable std::mutex mutex_;
    std::shared_ptr<const SlotList> list_;
    std::shared_ptr<const Fit> fit_;
    std::vector<std::weak_ptr<InstanceSlot>> retired_;  // off the list, calls perhaps under way
    Subscription subscription_;
};

}  // namespace rollcall::discovery
