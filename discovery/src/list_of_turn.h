#pragma once
// The list that the calls of one turn choose from.

#include <rollcall/rpc/turn_queue.h>

#include "slot_list.h"

#include <memory>
#include <utility>
#include <vector>

namespace rollcall::discovery {

// Kept until the end of a turn of an I/O thread, so that not each call of that turn has to take the
// lock and count a reference. One client's at a time; others do without.
class ListOfTurn final : public rpc::TurnTask {
public:
    using List = std::shared_ptr<const SlotList>;

    // What `get` returns, perhaps by an earlier call; good until the end of the turn, or as long as
    // `spare`, which keeps it where there is no turn. `version` is that of the newest list.
    template <class Get>
    [[nodiscard]] static const SlotList& find(
        const void* client, std::uint64_t version, List& spare, Get get
    ) {
        rpc::TurnQueue* const turns = rpc::TurnQueue::current();
        if (turns != nullptr && turns->turn_number() != 0) {
            ListOfTurn& here = of_thread();
            if (here.client_ == nullptr) {
                here.client_ = client;
                turns->push(here);
            }
            if (here.client_ == client) {
                if (!here.list_ || here.list_->version != version) here.renew(get());
                return *here.list_;
            }
        }
        spare = get();
        return *spare;
    }

private:
    [[nodiscard]] static ListOfTurn& of_thread() {
        thread_local ListOfTurn here;
        return here;
    }

    // A selector that is choosing from the former list may be what calls.
    void renew(List list) {
        if (list_) former_.push_back(std::move(list_));
        list_ = std::move(list);
    }

    void run() override { drop(); }

    void drop() noexcept override {
        client_ = nullptr;
        // Their end may close connections.
        const List last = std::exchange(list_, nullptr);
        const std::vector<List> former = std::exchange(former_, {});
    }

    const void* client_ = nullptr;  // whose it is while it waits for the end of the turn
    List list_;
    std::vector<List> former_;  // lists of this turn; hardly ever any
};

}  // namespace rollcall::discovery
