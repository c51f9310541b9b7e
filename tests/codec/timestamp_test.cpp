// Times of the system clock as the timestamp extension, alone and in structs.
#include <rollcall/codec/unpack.h>

#include "codec/hex.h"

#include <gtest/gtest.h>

#include <chrono>

namespace shop {

struct Delivery {
    std::chrono::system_clock::time_point when;
    MSGPACK_DEFINE(when)
};

}  // namespace shop

namespace rollcall::codec::tests {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

template <class T>
std::string packed_hex(const T& value) {
    Buffer out;
    pack(out, value);
    return to_hex(out.view());
}

template <class T>
std::optional<T> from(const std::string& hex) {
    const std::string bytes = from_hex(hex);
    Reader reader{bytes};
    T value{};
    Mismatch why;
    if (!unpack(reader, value, why)) return std::nullopt;
    EXPECT_TRUE(reader.at_end());
    return value;
}

struct Golden {
    std::chrono::nanoseconds since_epoch;
    const char* hex;
};

const std::vector<Golden> kGolden{
    {0s, "d6 ff 00 00 00 00"},
    {1s, "d6 ff 00 00 00 01"},
    {4294967295s, "d6 ff ff ff ff ff"},
    {1ns, "d7 ff 00 00 00 04 00 00 00 00"},
    {4294967296s, "d7 ff 00 00 00 01 00 00 00 00"},
    {999999999ns, "d7 ff ee 6b 27 fc 00 00 00 00"},
    {-1s, "c7 0c ff 00 00 00 00 ff ff ff ff ff ff ff ff"},
    {-1ns, "c7 0c ff 3b 9a c9 ff ff ff ff ff ff ff ff ff"},
    {-1754000000s - 5ns, "c7 0c ff 3b 9a c9 fb ff ff ff ff 97 74 15 7f"},
};

TEST(Timestamp, HasTheBytesOfTheSpecification) {
    for (const Golden& row : kGolden) {
        const Time time{std::chrono::duration_cast<Time::duration>(row.since_epoch)};
        EXPECT_EQ(packed_hex(time), row.hex);
        EXPECT_EQ(from<Time>(row.hex), time) << row.hex;
    }
}

TEST(Timestamp, TakesFormsThatAreLongerThanNeeded) {
    EXPECT_EQ(from<Time>("c7 04 ff 00 00 00 01"), Time{1s});
    EXPECT_EQ(from<Time>("d7 ff 00 00 00 00 00 00 00 01"), Time{1s});
    EXPECT_EQ(from<Time>("c9 00 00 00 0c ff 00 00 00 00 00 00 00 00 00 00 00 01"), Time{1s});
}

TEST(Timestamp, KeepsTheTicksOfTheType) {
    using Seconds = SystemTime<std::chrono::seconds>;
    using Millis = SystemTime<std::chrono::milliseconds>;
    EXPECT_EQ(from<Millis>(packed_hex(Time{1s + 999999ns})), Millis{1s});
    EXPECT_EQ(from<Millis>(packed_hex(Millis{-1500ms})), Millis{-1500ms});
    EXPECT_EQ(from<Seconds>(packed_hex(Seconds::max())), Seconds::max());
    EXPECT_EQ(from<Seconds>(packed_hex(Seconds::min())), Seconds::min());
    EXPECT_EQ(from<Time>(packed_hex(Time::max())), Time::max());
    EXPECT_EQ(from<Time>(packed_hex(Seconds::max())), std::nullopt);
}

TEST(Timestamp, IsRefusedWhenTheClockCannotHoldIt) {
    for (const char* hex :
         {"c7 0c ff 00 00 00 00 7f ff ff ff ff ff ff ff",
          "c7 0c ff 00 00 00 00 80 00 00 00 00 00 00 00",
          "c7 0c ff ff ff ff ff 00 00 00 00 00 00 00 01",  // too many nanoseconds
          "d7 ff ff ff ff fc 00 00 00 00",                 // too many nanoseconds
          "c7 03 ff 00 00 00",
          "c7 00 ff",
          "d6 05 00 00 00 01",
          "05",
          "c0",
          "a4 ff 00 00 00"}) {
        EXPECT_EQ(from<Time>(hex), std::nullopt) << hex;
        EXPECT_FALSE(from<shop::Delivery>(std::string{"91 "} + hex)) << hex;
    }
    Time time;
    Mismatch why;
    const std::string nil = from_hex("c0");
    Reader reader{nil};
    EXPECT_FALSE(unpack(reader, time, why));
    EXPECT_EQ(why.text(), "expected timestamp, got nil");
}

TEST(Timestamp, MayBeAMemberOfAStruct) {
    for (const Golden& row : kGolden) {
        shop::Delivery delivery;
        delivery.when = Time{std::chrono::duration_cast<Time::duration>(row.since_epoch)};
        EXPECT_EQ(packed_hex(delivery), std::string{"91 "} + row.hex);
        const auto back = from<shop::Delivery>(packed_hex(delivery));
        ASSERT_TRUE(back);
        EXPECT_EQ(back->when, delivery.when);
    }
}

}  // namespace
}  // namespace rollcall::codec::tests
