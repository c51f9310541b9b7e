#pragma once
// Calls by the clock, whether or not others have ended: an open loop.

#include <rollcall/base/clock.h>

#include "schedule.h"

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

#include <cstdint>
#include <functional>

namespace rollcall::soak {

// Starts all calls of a millisecond together; that millisecond is their intended time, however late
// the thread is. One that is late makes up for it. All on the executor's thread.
class Pacer {
public:
    using Start = std::function<void(std::uint64_t number, TimePoint intended)>;

    Pacer(const asio::any_io_executor& executor, double per_second, Start start);

    void begin();
    void stop();

private:
    void wait();
    void go_on();

    const Schedule schedule_;
    const Start start_;
    asio::steady_timer timer_;
    TimePoint begun_;
    std::uint64_t millisecond_ = 0;
    std::uint64_t started_ = 0;
    bool stopped_ = false;
};

}  // namespace rollcall::soak
