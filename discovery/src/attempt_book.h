#pragma once
// The attempts of one call: which are under way, and which of them has decided it.

#include <rollcall/base/error.h>
#include <rollcall/rpc/call.h>

#include "instance_slot.h"

#include <mutex>
#include <optional>
#include <vector>

namespace rollcall::discovery {

using SlotPtr = std::shared_ptr<InstanceSlot>;

// One at a time, or two with a hedge: the first answer counts. Thread safety: any thread.
class AttemptBook {
public:
    struct Running {
        unsigned number = 0;
        SlotPtr slot;
        rpc::Client* client = nullptr;  // of the slot; null until it is submitted there
        rpc::CallPtr call;              // the same
    };

    AttemptBook() = default;

    // One attempt has failed so before.
    explicit AttemptBook(const Error& error)
        : attempts_(1), exposed_(error.sent() == Sent::maybe_sent ? 1 : 0), last_error_(error) {}

    // Its number.
    [[nodiscard]] unsigned begin(const SlotPtr& slot);
    // From now on it can be cancelled. True if it has to be, at once.
    [[nodiscard]] bool submitted(unsigned number, rpc::Client& client, const rpc::CallPtr& call);

    // It has an answer. True if the call is decided by it; `rest` is then to be cancelled.
    [[nodiscard]] bool win(unsigned number, std::vector<Running>& rest);

    enum class AfterFailure {
        decide,      // it was the last one: what now?
        others_run,  // which may still do
        is_over,     // the call has ended otherwise
    };

    [[nodiscard]] AfterFailure fail(unsigned number, const Error& error);

    // An error that no other attempt can mend. True if the call is decided by it.
    [[nodiscard]] bool end(std::vector<Running>& rest);

    // The caller gives up. What is under way.
    [[nodiscard]] std::vector<Running> cancel();
    [[nodiscard]] bool is_cancelled() const;

    // It is the only one under way and nothing has been decided: its instance.
    [[nodiscard]] SlotPtr alone(unsigned number) const;

    // Attempts that may have been executed.
    [[nodiscard]] unsigned exposed() const;

    // What a caller is told for whom it is too late.
    struct Account {
        unsigned attempts = 0;
        unsigned exposed = 0;  // that may have been executed
        bool under_way = false;
        SlotPtr slot;  // where
        std::optional<Error> last_error;
    };

    [[nodiscard]] Account account() const;

private:
    [[nodiscard]] Running take(unsigned number);

    mutable std::mutex mutex_;
    std::vector<Running> running_;
    bool over_ = false;
    bool cancelled_ = false;
    unsigned attempts_ = 0;
    unsigned exposed_ = 0;
    std::optional<Error> last_error_;
};

}  // namespace rollcall::discovery
