// Bytes through one stream against the same bytes as calls, by the size of the items. The server is
// a process of its own. Calls are pipelined: 64 in flight, or as many as 8 MiB.
//   stream-bench [seconds per cell]
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "server_process.h"

#include <asio/use_future.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace rollcall::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr rpc::Method<rpc::Stream<std::string>(std::size_t)> down{"down"};
constexpr rpc::Method<std::uint64_t(rpc::Stream<std::string>)> up{"up"};
constexpr rpc::Method<std::string(std::size_t)> get{"get"};
constexpr rpc::Method<std::uint64_t(std::string)> put{"put"};

asio::awaitable<void> send(std::size_t bytes, rpc::StreamWriter<std::string> out) {
    const std::string item(bytes, 'x');
    for (;;) {
        Result<void> written = co_await out.async_write(item);
        if (!written) co_return;
    }
}

asio::awaitable<std::uint64_t> take(rpc::StreamReader<std::string> in) {
    std::uint64_t bytes = 0;
    for (;;) {
        Result<std::optional<std::string>> item = co_await in.async_read();
        if (!item.value()) co_return bytes;
        bytes += (*item)->size();
    }
}

void serve(const Listening& listening) {
    rpc::Server server;
    server.handle(down, send);
    server.handle(up, take);
    server.handle(get, [](std::size_t bytes) { return std::string(bytes, 'x'); });
    server.handle(put, [](std::string_view bytes) { return std::uint64_t{bytes.size()}; });
    server.start();
    listening(server.endpoint().port());
    for (;;)
        std::this_thread::sleep_for(std::chrono::hours{1});
}

double rate(std::uint64_t bytes, Clock::time_point begun) {
    return static_cast<double>(bytes) / std::chrono::duration<double>(Clock::now() - begun).count();
}

double stream_down(rpc::Client& client, std::size_t size, Clock::duration time) {
    auto items = client.open(down(size));
    const auto begun = Clock::now();
    std::uint64_t bytes = 0;
    for (const std::string& item : items) {
        bytes += item.size();
        if (Clock::now() - begun > time) break;
    }
    return rate(bytes, begun);
}

double stream_up(rpc::Client& client, std::size_t size, Clock::duration time) {
    auto items = client.open(up());
    const std::string item(size, 'x');
    const auto begun = Clock::now();
    while (Clock::now() - begun < time)
        items.write(item).value();
    return rate(items.finish().value(), begun);
}

// Calls that follow each other as they end, some at a time.
class Pipeline {
public:
    explicit Pipeline(std::size_t most) : most_(most) {}

    template <class Start>
    std::uint64_t run(Clock::duration time, Start&& start) {
        const auto end = Clock::now() + time;
        while (Clock::now() < end) {
            {
                std::unique_lock lock{mutex_};
                changed_.wait(lock, [&] { return under_way_ < most_; });
                ++under_way_;
            }
            start([this](std::uint64_t bytes) {
                const std::lock_guard lock{mutex_};
                bytes_ += bytes;
                --under_way_;
                changed_.notify_one();
            });
        }
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return under_way_ == 0; });
        return bytes_;
    }

private:
    const std::size_t most_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t under_way_ = 0;
    std::uint64_t bytes_ = 0;
};

std::size_t depth_for(std::size_t size) {
    return std::clamp<std::size_t>((std::size_t{8} << 20U) / size, 8, 64);
}

double calls_down(rpc::Client& client, std::size_t size, Clock::duration time) {
    const auto begun = Clock::now();
    Pipeline pipeline{depth_for(size)};
    const std::uint64_t bytes = pipeline.run(time, [&](auto done) {
        client.async_call(get(size), [done](Result<std::string> item) {
            done(item.value().size());
        });
    });
    return rate(bytes, begun);
}

double calls_up(rpc::Client& client, std::size_t size, Clock::duration time) {
    const std::string item(size, 'x');
    const auto begun = Clock::now();
    Pipeline pipeline{depth_for(size)};
    const std::uint64_t bytes = pipeline.run(time, [&](auto done) {
        client.async_call(put(item), [done](Result<std::uint64_t> taken) { done(taken.value()); });
    });
    return rate(bytes, begun);
}

int compare(double seconds) {
    const ServerProcess server{serve, 0};
    pin_to(1);
    rpc::Client client{server.endpoint()};
    const auto time =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{seconds});
    std::printf("MB/s          stream down   calls down   stream up   calls up\n");
    for (const std::size_t size :
         {std::size_t{64}, std::size_t{1} << 10U, std::size_t{64} << 10U, std::size_t{1} << 20U}) {
        std::printf(
            "%7zu B  %14.1f %12.1f %11.1f %10.1f\n",
            size,
            stream_down(client, size, time) / 1e6,
            calls_down(client, size, time) / 1e6,
            stream_up(client, size, time) / 1e6,
            calls_up(client, size, time) / 1e6
        );
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace
}  // namespace rollcall::bench

int main(int count, char** arguments) {
    try {
        return rollcall::bench::compare(count > 1 ? std::strtod(arguments[1], nullptr) : 1.0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "stream-bench: %s\n", error.what());
        return 1;
    }
}
