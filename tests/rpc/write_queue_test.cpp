#include "write_queue.h"

#include "support/seed.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace rollcall::rpc {
namespace {

codec::Buffer buffer_of(std::string_view text) {
    codec::Buffer buffer;
    buffer.append(text);
    return buffer;
}

std::string front_of(const WriteQueue& queue) {
    WriteQueue::Chunks chunks;
    std::string all;
    for (const auto& chunk : queue.front(chunks))
        all.append(static_cast<const char*>(chunk.data()), chunk.size());
    return all;
}

TEST(WriteQueue, StartsAndEndsEmpty) {
    WriteQueue queue;
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(front_of(queue), "");
    queue.append(codec::Bytes{});
    EXPECT_TRUE(queue.empty());
    queue.append("abc");
    EXPECT_EQ(queue.bytes(), 3U);
    queue.consume(1);
    EXPECT_EQ(front_of(queue), "bc");
    queue.consume(2);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(front_of(queue), "");
}

TEST(WriteQueue, TakesLargeBuffersOverAndLeavesThemEmpty) {
    WriteQueue queue;
    codec::Buffer large = buffer_of("head" + std::string(100000, 'x'));
    const char* const memory = large.data();
    queue.append(large, 4);
    EXPECT_TRUE(large.empty());
    WriteQueue::Chunks chunks;
    ASSERT_EQ(queue.front(chunks).size(), 1U);
    EXPECT_EQ(queue.front(chunks)[0].data(), memory + 4);  // not copied
    codec::Buffer small = buffer_of("tail");
    queue.append(small, 0);
    EXPECT_TRUE(small.empty());
    EXPECT_EQ(queue.bytes(), 100004U);
}

// A few unsent bytes would keep all of its memory.
TEST(WriteQueue, TakesOnlyBuffersOverThatAreHalfFull) {
    constexpr std::size_t kUnsent = std::size_t{2} << 20U;  // larger than what a thread keeps
    for (const std::size_t capacity : {2 * kUnsent - 1, 2 * kUnsent, 2 * kUnsent + 1}) {
        codec::Buffer buffer;
        static_cast<void>(buffer.room(capacity));
        ASSERT_EQ(buffer.capacity(), capacity);
        buffer.append(std::string(kUnsent, 'x'));
        const char* const memory = buffer.data();
        WriteQueue queue;
        queue.append(buffer, 0);
        EXPECT_TRUE(buffer.empty());
        EXPECT_EQ(front_of(queue), std::string(kUnsent, 'x'));
        WriteQueue::Chunks chunks;
        EXPECT_EQ(queue.front(chunks)[0].data() == memory, capacity <= 2 * kUnsent) << capacity;
    }
}

TEST(WriteQueue, ForgetsEverything) {
    const auto body = std::make_shared<const codec::Buffer>(buffer_of("shared"));
    WriteQueue queue;
    queue.append("a");
    queue.append(body);
    queue.clear();
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(front_of(queue), "");
    EXPECT_EQ(body.use_count(), 1);
    queue.append("b");
    EXPECT_EQ(front_of(queue), "b");
}

TEST(WriteQueue, SharesBodies) {
    const auto body = std::make_shared<const codec::Buffer>(buffer_of("shared"));
    WriteQueue queue;
    queue.append("a");
    queue.append(body);
    queue.append("b");
    EXPECT_EQ(body.use_count(), 2);
    EXPECT_EQ(front_of(queue), "asharedb");
    queue.consume(7);
    EXPECT_EQ(body.use_count(), 1);
    EXPECT_EQ(front_of(queue), "b");
}

TEST(WriteQueue, RandomAppendsAndConsumesEqualAString) {
    std::mt19937_64 random{rollcall::tests::seed()};
    const auto below = [&](std::size_t bound) { return random() % bound; };
    for (int round = 0; round < 15; ++round) {
        WriteQueue queue;
        std::string model;
        for (int step = 0; step < 300; ++step) {
            const std::size_t size = below(8) == 0 ? below(150000) : below(300);
            const std::string text(size, static_cast<char>('a' + below(26)));
            switch (below(5)) {
                case 0:
                    queue.append(codec::Bytes{text});
                    model += text;
                    break;
                case 1: {
                    codec::Buffer buffer = buffer_of(text);
                    const std::size_t begin = below(size + 1);
                    queue.append(buffer, begin);
                    EXPECT_TRUE(buffer.empty());
                    model += text.substr(begin);
                    break;
                }
                case 2:
                    queue.append(std::make_shared<const codec::Buffer>(buffer_of(text)));
                    model += text;
                    break;
                default: {
                    const std::string front = front_of(queue);
                    ASSERT_EQ(front, model.substr(0, front.size()));
                    ASSERT_EQ(front.empty(), model.empty());
                    const std::size_t taken = below(front.size() + 1);
                    queue.consume(taken);
                    model.erase(0, taken);
                    break;
                }
            }
            ASSERT_EQ(queue.bytes(), model.size());
            ASSERT_EQ(queue.empty(), model.empty());
        }
    }
}

}  // namespace
}  // namespace rollcall::rpc
