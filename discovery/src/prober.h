#pragma once
// Looks after instances that are avoided, so that no caller has to.

#include "instance_slot.h"
#include "timed_queue.h"

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

#include <memory>

namespace rollcall::discovery {

// One timer for all instances of a client, on an I/O thread. Thread safety of the static members:
// any thread.
class Prober {
public:
    using Self = std::shared_ptr<Prober>;

    // `patience`: how long an instance may take to answer.
    Prober(const asio::any_io_executor& executor, Duration patience);

    // Asks the instance, if it is still avoided then, at slot->probe_at(); again and again, until
    // it answers or has left the list.
    static void plan(const Self& self, const std::shared_ptr<InstanceSlot>& slot);
    static void close(const Self& self);

private:
    class Probe;

    // On the I/O thread.
    static void arm(const Self& self);
    static void send_due(const Self& self);
    static void send(const Self& self, const std::shared_ptr<InstanceSlot>& slot);

    const asio::any_io_executor executor_;
    const Duration patience_;

    // Of the I/O thread:
    TimedQueue<std::weak_ptr<InstanceSlot>> plans_;
    bool closed_ = false;
    asio::steady_timer timer_;
    TimePoint armed_ = TimePoint::max();
};

}  // namespace rollcall::discovery
