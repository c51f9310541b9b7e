// What a side of a stream may send and what it lets its peer send, without I/O.

#include "stream_state.h"

#include <gtest/gtest.h>

namespace rollcall::rpc {
namespace {

codec::Buffer bytes_of(std::string_view text) {
    codec::Buffer buffer;
    buffer.append(text);
    return buffer;
}

StreamOptions options_of(std::size_t window, std::size_t max_window) {
    StreamOptions options;
    options.window = window;
    options.max_window = max_window;
    return options;
}

void write(OutgoingStream& stream, std::string_view text) {
    codec::Buffer item = bytes_of(text);
    stream.take(item);
    EXPECT_TRUE(item.empty());
}

TEST(OutgoingStream, AcceptsOneItemBeyondItsCredit) {
    OutgoingStream stream;
    EXPECT_FALSE(stream.accepts(100));
    ASSERT_TRUE(stream.grant(5));
    EXPECT_TRUE(stream.accepts(100));
    write(stream, "1234567");
    EXPECT_FALSE(stream.accepts(100));
    EXPECT_EQ(stream.next(100), "12345");
    stream.sent(5);
    EXPECT_FALSE(stream.can_send());
    EXPECT_FALSE(stream.accepts(100));
    ASSERT_TRUE(stream.grant(2));
    EXPECT_EQ(stream.next(100), "67");
    stream.sent(2);
    EXPECT_FALSE(stream.accepts(100));  // there is no credit for the next
    EXPECT_EQ(stream.waiting(), 0U);
}

TEST(OutgoingStream, KeepsNoMoreThanItIsGivenRoomFor) {
    OutgoingStream stream;
    ASSERT_TRUE(stream.grant(1000));
    while (stream.accepts(10))
        write(stream, "1234");
    EXPECT_EQ(stream.waiting(), 12U);
    EXPECT_EQ(stream.next(7), "1234123");
    stream.sent(7);
    EXPECT_TRUE(stream.accepts(10));
    write(stream, "5678");
    EXPECT_EQ(stream.next(100), "412345678");
}

TEST(OutgoingStream, RefusesCreditBeyondItsLimit) {
    OutgoingStream stream;
    EXPECT_TRUE(stream.grant(kMaxStreamCredit));
    EXPECT_TRUE(stream.grant(0));
    EXPECT_FALSE(stream.grant(1));
    EXPECT_FALSE(stream.grant(UINT64_MAX));
    EXPECT_EQ(stream.credit(), kMaxStreamCredit);
}

TEST(IncomingStream, TakesWhatThereIsCreditForAndNoByteMore) {
    IncomingStream stream{codec::Limits{}, options_of(4, 4)};
    EXPECT_FALSE(stream.feed("\x01\x02"));
    EXPECT_FALSE(stream.feed("\x03\x04"));
    EXPECT_TRUE(stream.feed("\x05"));
    IncomingStream once{codec::Limits{}, options_of(4, 4)};
    EXPECT_TRUE(once.feed("\x01\x02\x03\x04\x05"));
}

TEST(IncomingStream, GivesCreditBackInPortions) {
    StreamBudget budget{0};
    IncomingStream stream{codec::Limits{}, options_of(10, 10)};
    ASSERT_FALSE(stream.feed("12345678"));  // items of a byte
    EXPECT_EQ(stream.give_credit(budget), 0U);
    codec::Buffer items;
    stream.take(items);
    EXPECT_EQ(items.size(), 8U);
    EXPECT_EQ(stream.held(), 8U);
    stream.consumed(4);
    EXPECT_FALSE(stream.credit_due());
    stream.consumed(1);
    EXPECT_TRUE(stream.credit_due());
    EXPECT_EQ(stream.give_credit(budget), 5U);
    EXPECT_EQ(stream.allowed(), 7U);
    EXPECT_EQ(stream.give_credit(budget), 0U);
}

TEST(IncomingStream, LetsALargeItemThroughWhenItIsWaitedFor) {
    StreamBudget budget{100};
    IncomingStream stream{codec::Limits{}, options_of(10, 10)};
    const std::string item = "\xd9\x40" + std::string(0x40, 'x');  // 66 bytes
    ASSERT_FALSE(stream.feed(item.substr(0, 10)));
    EXPECT_EQ(stream.give_credit(budget), 0U);  // nobody waits
    std::size_t sent = 10;
    while (!stream.has_items()) {
        stream.wait();
        const auto credit = stream.give_credit(budget);
        ASSERT_TRUE(credit);
        ASSERT_GT(*credit, 0U);
        ASSERT_LE(stream.allowed(), 10U);
        const std::size_t next = std::min<std::size_t>(*credit, item.size() - sent);
        ASSERT_FALSE(stream.feed(std::string_view{item}.substr(sent, next)));
        sent += next;
    }
    EXPECT_LT(budget.left(), 100U);
    codec::Buffer items;
    stream.take(items);
    stream.consumed(items.size());
    EXPECT_GT(stream.give_credit(budget), 0U);
    EXPECT_EQ(budget.left(), 100U);
}

TEST(IncomingStream, AnItemThatFindsNoRoomBreaksIt) {
    for (const std::size_t room : {std::size_t{9}, std::size_t{10}}) {
        StreamBudget budget{room};
        IncomingStream stream{codec::Limits{}, options_of(10, 10)};
        ASSERT_FALSE(stream.feed("\xd9\x40xxxxxxxx"));
        stream.wait();
        EXPECT_EQ(stream.give_credit(budget).has_value(), room == 10);
        stream.settle(budget);
        EXPECT_EQ(budget.left(), room);
    }
}

TEST(IncomingStream, ItsWindowGrowsWhileItsReaderIsFaster) {
    StreamBudget budget{30};
    IncomingStream stream{codec::Limits{}, options_of(10, 100)};
    const auto read_all = [&] {
        codec::Buffer items;
        stream.take(items);
        stream.consumed(items.size());
        stream.wait();
        return stream.give_credit(budget);
    };
    ASSERT_FALSE(stream.feed("1234567890"));
    EXPECT_EQ(read_all(), 20U);
    EXPECT_EQ(stream.window(), 20U);
    ASSERT_FALSE(stream.feed(std::string(20, '1')));
    EXPECT_EQ(read_all(), 40U);
    ASSERT_FALSE(stream.feed(std::string(40, '1')));
    EXPECT_EQ(read_all(), 40U);  // there is no room for more
    EXPECT_EQ(stream.window(), 40U);
    EXPECT_EQ(budget.left(), 0U);
    stream.settle(budget);
    EXPECT_EQ(budget.left(), 30U);
}

TEST(IncomingStream, AReaderThatStopsKeepsItsWindow) {
    StreamBudget budget{1000};
    IncomingStream stream{codec::Limits{}, options_of(10, 1000)};
    codec::Buffer items;
    for (int i = 0; i < 100; ++i) {
        const std::string bytes(stream.allowed(), '1');
        ASSERT_FALSE(stream.feed(bytes));
        stream.take(items);
        stream.consumed(items.size());
        ASSERT_EQ(stream.give_credit(budget), 10U);
    }
    EXPECT_EQ(stream.window(), 10U);
}

TEST(IncomingStream, EndsOnceAndBetweenItems) {
    IncomingStream stream{codec::Limits{}, options_of(10, 10)};
    ASSERT_FALSE(stream.feed("1"));
    EXPECT_FALSE(stream.end());
    EXPECT_TRUE(stream.end());
    EXPECT_TRUE(stream.feed("1"));
    EXPECT_FALSE(stream.credit_due());
    IncomingStream half{codec::Limits{}, options_of(10, 10)};
    ASSERT_FALSE(half.feed("\xcd\x01"));
    EXPECT_TRUE(half.end());
}

}  // namespace
}  // namespace rollcall::rpc
