#pragma once
// The list that the calls of one turn choose from.

#include <rollcall/rpc/turn_queue.h>

#include "slot_list.h"

#include <memory>
#include <utility>

namespace rollcall::discovery {

// Kept until the end of a turn of an I/O thread, so that not each call of that turn has to take the
// lock and count a reference. One client's at a time; others do without.
class ListOfTurn final : public rpc::TurnTask {
public:
    using List = std::shared_ptr<const SlotList>;

    // What `get` returns, perhaps by an earlier call; to be used at once. `version` is that of the
    // newest list; `spare` keeps it where there is no turn.
    template <class Get>
    [[nodiscard]] static const List& find(
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
                if (!here.list_ || here.list_->version != version) here.list_ = get();
                return here.list_;
            }
        }
        spare = get();
        return spare;
    }

private:
    [[nodiscard]] static ListOfTurn& of_thread() {
        thread_local ListOfTurn here;
        return here;
    }

    void run() override { drop(); }

    void drop() noexcept override {
        client_ = nullptr;
        const List last = std::exchange(list_, nullptr);  // its end may close connections
    }

    const void* client_ = nullptr;  // whose it is while it waits for the end of the turn
    List list_;
};

}  // namespace rollcall::discovery
