#pragma once
// One invocation under way to all instances.

#include <rollcall/rpc/call.h>

#include "service_core.h"

#include <mutex>
#include <optional>
#include <vector>

namespace rollcall::discovery {

// Shared by its attempts, which end on several threads; or it waits in the room for instances.
class BroadcastCall {
public:
    using Self = std::shared_ptr<BroadcastCall>;

    BroadcastCall(
        ServiceCore::Self core,
        rpc::PackedInvocation invocation,
        Deadline deadline,
        BroadcastOptions options,
        std::shared_ptr<BroadcastWaiter> waiter
    );

    // Sends to all, or waits until there is somebody, or ends.
    static void start(const Self& self);
    // Ends what is unfinished. Any thread, any time.
    static void cancel(const Self& self);

    // For a blocking caller whose deadline has passed without an end: what is known by now, the
    // rest as timed_out. Nothing if the end is here after all.
    [[nodiscard]] std::optional<PackedReplies> late_replies();

private:
    class Attempt;

    // One instance's part.
    struct Part {
        SlotPtr slot;
        rpc::Client* client = nullptr;  // of the slot, where the attempt is
        rpc::CallPtr attempt;           // while it can be cancelled there
        bool ended = false;
    };

    static void send_all(const Self& self, const SlotList& list);
    // As many as may be under way.
    static void send_more(const Self& self);
    static void send(const Self& self, std::size_t index);
    static void on_end(const Self& self, std::size_t index, Result<std::string> result);
    static void cancel_rest(const Self& self);
    void fail(Error error);

    const ServiceCore::Self core_;
    const rpc::PackedInvocation invocation_;
    const Deadline deadline_;
    const BroadcastOptions options_;
    const std::shared_ptr<BroadcastWaiter> waiter_;
    const TimePoint began_;

    std::mutex mutex_;
    bool over_ = false;  // no more is sent: the rule is met or the caller has cancelled
    std::vector<Part> parts_;
    std::vector<PackedReply> replies_;
    std::size_t sent_ = 0;  // or never to be
    std::size_t succeeded_ = 0;
    std::size_t failed_ = 0;
};

}  // namespace rollcall::discovery
