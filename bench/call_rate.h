#pragma once
// Calls per second of anything with async_call().

#include <rollcall/base/clock.h>
#include <rollcall/base/result.h>
#include <rollcall/rpc/io_threads.h>

#include <asio/post.hpp>

#include <cstddef>
#include <future>
#include <stdexcept>
#include <utility>

namespace rollcall::bench {

// Some calls in flight, each of which starts the next as it ends, on the I/O thread; the clock is
// read once for each call. `next()` makes an invocation.
template <class Client, class Next>
class CallRate {
public:
    CallRate(Client& client, rpc::IoThreads io, std::size_t depth, Next next)
        : client_(client), io_(std::move(io)), depth_(depth), next_(std::move(next)) {}

    // Of a while, after a quarter of it. Throws std::runtime_error if a call fails.
    double measure(Duration time) {
        calls_ = 0;
        begins_ = SteadyClock::now() + time / 4;
        ends_ = begins_ + time;
        under_way_ = depth_;
        over_ = {};
        asio::post(io_.executor(), [this] {
            for (std::size_t i = 0; i < depth_; ++i)
                start_one();
        });
        over_.get_future().wait();
        if (failed_) throw std::runtime_error{"a call has failed"};
        return static_cast<double>(calls_) / std::chrono::duration<double>(time).count();
    }

private:
    void start_one() {
        client_.async_call(next_(), [this](const auto& reply) {
            const TimePoint now = SteadyClock::now();
            if (!reply) failed_ = true;
            if (now >= begins_ && now < ends_) ++calls_;
            if (now < ends_ && !failed_) return start_one();
            if (--under_way_ == 0) over_.set_value();
        });
    }

    Client& client_;
    const rpc::IoThreads io_;
    const std::size_t depth_;
    Next next_;
    TimePoint begins_;
    TimePoint ends_;
    std::size_t under_way_ = 0;
    std::size_t calls_ = 0;
    bool failed_ = false;
    std::promise<void> over_;
};

}  // namespace rollcall::bench
