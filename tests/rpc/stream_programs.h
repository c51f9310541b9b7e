#pragma once
// Programs that read and write streams as peers do, and expect no half of one for a whole: for
// tests in which anything may end at any time.

#include "streams_fixture.h"

#include <asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace rollcall::rpc::tests {

inline constexpr int kItems = 150;  // of a stream
inline constexpr int kItemBytes = 700;

// Streams of one side that have begun and ended. Outlives them.
class StreamEnds {
public:
    void run(const asio::any_io_executor& executor, asio::awaitable<void> stream) {
        ++begun_;
        asio::co_spawn(executor, std::move(stream), [this](const std::exception_ptr& thrown) {
            EXPECT_FALSE(thrown);
            ++ended_;
        });
    }

    [[nodiscard]] bool all_ended() const { return ended_ == begun_; }

private:
    std::atomic<int> begun_{0};
    std::atomic<int> ended_{0};
};

inline asio::awaitable<void> read_numbers(OpenStream<int, void, void> stream, int last) {
    int next = 1;
    Result<std::optional<int>> item = co_await stream.async_read();
    while (item && *item) {
        EXPECT_EQ(**item, next++);
        item = co_await stream.async_read();
    }
    EXPECT_TRUE(!item || next == last + 1) << "half a stream: up to " << next - 1;
}

inline asio::awaitable<void> read_some(OpenStream<std::string, void, void> stream) {
    Result<std::optional<std::string>> item = co_await stream.async_read();
    for (int i = 1; i < kItems && item && *item; ++i)
        item = co_await stream.async_read();
    EXPECT_TRUE(!item || item->has_value()) << "a stream without end has ended";
}

inline asio::awaitable<void> write_texts(OpenStream<void, std::string, std::size_t> stream) {
    const std::string text(kItemBytes, 'x');
    Result<void> written = co_await stream.async_write(text);
    for (int i = 1; i < kItems && written; ++i)
        written = co_await stream.async_write(text);
    Result<std::size_t> bytes = co_await stream.async_finish();
    EXPECT_TRUE(!bytes || *bytes == std::size_t{kItemBytes} * kItems + 1);
    EXPECT_TRUE(written || !bytes);
}

inline asio::awaitable<void> talk(OpenStream<std::string, std::string, void> stream) {
    const std::string line(kItemBytes, 'l');
    for (int i = 0; i < 20; ++i) {
        Result<void> written = co_await stream.async_write(line);
        if (!written) break;
        Result<std::optional<std::string>> answer = co_await stream.async_read();
        if (!answer) break;
        EXPECT_EQ(answer->value_or(""), "a: " + line);
    }
}

inline asio::awaitable<void> wait_for_never(OpenStream<void, int, int> stream) {
    Result<int> total = co_await stream.async_finish();
    EXPECT_FALSE(total);
}

}  // namespace rollcall::rpc::tests
