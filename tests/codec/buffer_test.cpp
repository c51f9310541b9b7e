#include <rollcall/codec/buffer.h>

#include <gtest/gtest.h>

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
