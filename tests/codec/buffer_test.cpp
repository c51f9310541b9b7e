#include <rollcall/codec/buffer.h>

#include "spare_blocks.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

namespace rollcall::codec::tests {
namespace {

TEST(Buffer, KeepsWhatWasAppendedWhileItGrows) {
    Buffer buffer;
    std::string expected;
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(buffer.view(), "");
    for (int i = 0; i < 5000; ++i) {
        buffer.append(std::to_string(i));
        buffer.push_back(',');
        expected += std::to_string(i) + ",";
    }
    EXPECT_EQ(buffer.view(), expected);
    EXPECT_GE(buffer.capacity(), buffer.size());
}

TEST(Buffer, RoomIsWrittenThenCounted) {
    Buffer buffer;
    buffer.append("ab");
    std::memcpy(buffer.room(1000), "cd", 2);
    EXPECT_EQ(buffer.view(), "ab");
    buffer.add(2);
    EXPECT_EQ(buffer.view(), "abcd");
    buffer.truncate(1);
    EXPECT_EQ(buffer.view(), "a");
}

TEST(Buffer, ClearGivesMemoryBackBeyondWhatItKeeps) {
    Buffer buffer;
    buffer.append(std::string(100, 'x'));
    buffer.clear(std::size_t{64} << 10U);
    EXPECT_TRUE(buffer.empty());
    EXPECT_GT(buffer.capacity(), 0U);
    buffer.append(std::string(100000, 'x'));
    buffer.clear(std::size_t{64} << 10U);
    EXPECT_EQ(buffer.capacity(), 0U);
    buffer.append("again");
    EXPECT_EQ(buffer.view(), "again");
}

TEST(Buffer, LargeBlocksAreTakenAgainByTheThread) {
    for (const std::size_t bytes : {Buffer::kLargeBytes, std::size_t{1} << 20U}) {
        const char* first = nullptr;
        {
            Buffer buffer;
            first = buffer.room(bytes);
        }
        Buffer next;
        next.append("ab");
        EXPECT_EQ(next.room(bytes - 2) - 2, first);
        EXPECT_EQ(next.view(), "ab");
        EXPECT_GE(next.capacity(), bytes);
    }
}

TEST(SpareBlocks, AreOfAboutTheSizeThatIsAskedFor) {
    SpareBlocks spares;
    std::array<char, 1> memory{};
    constexpr std::size_t kMiB = std::size_t{1} << 20U;
    ASSERT_EQ(spares.keep({memory.data(), kMiB}).data, nullptr);
    EXPECT_EQ(spares.take(kMiB + 1).data, nullptr);
    EXPECT_EQ(spares.take(kMiB / 2 - 1).data, nullptr);
    EXPECT_EQ(spares.take(kMiB / 2).bytes, kMiB);
    EXPECT_EQ(spares.take(kMiB / 2).data, nullptr) << "it was taken";
}

TEST(SpareBlocks, KeepFewAndNeitherSmallNorHugeOnes) {
    std::array<char, 1> memory{};
    const auto is_kept = [&](SpareBlocks& by, std::size_t bytes) {
        return by.keep({memory.data(), bytes}).data == nullptr;
    };
    SpareBlocks sizes;
    EXPECT_FALSE(is_kept(sizes, SpareBlocks::kMinBytes - 1));
    EXPECT_FALSE(is_kept(sizes, SpareBlocks::kMaxBytes + 1));
    EXPECT_TRUE(is_kept(sizes, SpareBlocks::kMaxBytes));
    EXPECT_TRUE(is_kept(sizes, SpareBlocks::kMaxBytes));
    EXPECT_FALSE(is_kept(sizes, SpareBlocks::kMinBytes)) << "4 MiB in all";
    SpareBlocks numbers;
    for (std::size_t i = 0; i < SpareBlocks::kMost; ++i)
        EXPECT_TRUE(is_kept(numbers, SpareBlocks::kMinBytes));
    EXPECT_FALSE(is_kept(numbers, SpareBlocks::kMinBytes));
    const auto replaced = numbers.keep({memory.data(), SpareBlocks::kMinBytes + 1});
    EXPECT_EQ(replaced.bytes, SpareBlocks::kMinBytes) << "a larger one takes the place of a small";
    EXPECT_EQ(numbers.take(SpareBlocks::kMinBytes + 1).bytes, SpareBlocks::kMinBytes + 1);
}

TEST(Buffer, MovesLeaveAnEmptyOneBehind) {
    Buffer from;
    from.append("abc");
    Buffer to{std::move(from)};
    EXPECT_EQ(to.view(), "abc");
    EXPECT_TRUE(from.empty());  // that is the promise
    from.append("x");
    from = std::move(to);
    EXPECT_EQ(from.view(), "abc");
    EXPECT_EQ(to.capacity(), 0U);
}

}  // namespace
}  // namespace rollcall::codec::tests
