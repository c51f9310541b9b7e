#pragma once
// Asynchronous calls with callbacks, some in flight at a time.

#include <rollcall/rpc/io_threads.h>
#include <rollcall/rpc/method.h>

#include <asio/post.hpp>

#include <cstddef>
#include <future>
#include <limits>

namespace rollcall::tests {

// Each callback starts the next call, on the client's I/O thread, as programs do that are to be
// fast. Not to be destroyed while it runs. `Client`: whatever has an async_call().
template <class Client>
class CallLoop {
public:
    CallLoop(Client& client, rpc::IoThreads io, std::size_t depth)
        : client_(client), io_(std::move(io)), depth_(depth) {}

    // Makes so many calls and waits for all of them; false if any has failed.
    [[nodiscard]] bool run(std::size_t calls = std::numeric_limits<std::size_t>::max()) {
        to_start_ = calls;
        under_way_ = 0;
        failed_ = false;
        over_ = {};
        asio::post(io_.executor(), [this] {
            while (under_way_ < depth_ && to_start_ > 0)
                start_one();
        });
        over_.get_future().wait();
        return !failed_;
    }

private:
    static constexpr rpc::Method<int(int, int)> kAdd{"add"};

    void start_one() {
        --to_start_;
        ++under_way_;
        client_.async_call(kAdd(1, 2), [this](const Result<int>& sum) {
            --under_way_;
            if (!sum || *sum != 3) {
                failed_ = true;
                to_start_ = 0;
            }
            if (to_start_ > 0) return start_one();
            if (under_way_ == 0) over_.set_value();
        });
    }

    Client& client_;
    const rpc::IoThreads io_;
    const std::size_t depth_;
    std::size_t to_start_ = 0;
    std::size_t under_way_ = 0;
    bool failed_ = false;
    std::promise<void> over_;
};

}  // namespace rollcall::tests
