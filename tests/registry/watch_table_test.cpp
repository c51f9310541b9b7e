// Who is woken, and when, with time given by hand.
#include "watch_table.h"

#include <gmock/gmock.h>

namespace rollcall::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimePoint kStart = TimePoint{} + std::chrono::hours{1};
const TimePoint kEnd = kStart + seconds{30};

TEST(WatchTable, AChangeWakesItsWatchersAndNobodyElse) {
    WatchTable table;
    const auto x1 = table.park({"x"}, kEnd);
    const auto y = table.park({"y"}, kEnd);
    const auto x2 = table.park({"x", "z"}, kEnd);
    table.touch("x", kStart);
    EXPECT_EQ(table.next(), kStart);
    EXPECT_THAT(table.take_woken(kStart), ElementsAre(x1, x2));
    EXPECT_THAT(table.take_woken(kStart), IsEmpty());
    table.touch("y", kStart);
    EXPECT_THAT(table.take_woken(kStart), ElementsAre(y));
    table.touch("nobody", kStart);
    EXPECT_THAT(table.take_woken(kStart), IsEmpty());
}

TEST(WatchTable, OneWakeUpForSeveralKeysOfOneWaiter) {
    WatchTable table;
    const auto both = table.park({"x", "y", "x"}, kEnd);
    table.touch("x", kStart);
    table.touch("y", kStart);
    EXPECT_THAT(table.take_woken(kStart), ElementsAre(both));
}

TEST(WatchTable, WhoIsDroppedIsWokenNoMore) {
    WatchTable table;
    const auto gone = table.park({"x"}, kEnd);
    table.touch("x", kStart);
    table.drop(gone);
    table.drop(gone);
    EXPECT_EQ(table.size(), 0U);
    EXPECT_THAT(table.take_woken(kStart), IsEmpty());
    EXPECT_THAT(table.ended(kEnd), IsEmpty());
}

TEST(WatchTable, WaitsEndInTime) {
    WatchTable table;
    const auto late = table.park({"x"}, kEnd);
    const auto early = table.park({"x"}, kStart + seconds{1});
    EXPECT_EQ(table.next(), kStart + seconds{1});
    EXPECT_THAT(table.ended(kStart + milliseconds{999}), IsEmpty());
    EXPECT_THAT(table.ended(kStart + seconds{1}), ElementsAre(early));
    table.drop(early);
    EXPECT_EQ(table.next(), kEnd);
    EXPECT_THAT(table.ended(kEnd), ElementsAre(late));
    table.drop(late);
    EXPECT_EQ(table.next(), TimePoint::max());
}

// The first change at once, the next ones 50 ms apart.
TEST(WatchTable, ChangesInARowWakeOnce) {
    WatchTable table;
    const auto id = table.park({"x"}, kEnd);
    table.touch("x", kStart);
    EXPECT_THAT(table.take_woken(kStart), ElementsAre(id));
    table.touch("x", kStart + milliseconds{10});
    table.touch("x", kStart + milliseconds{20});
    EXPECT_EQ(table.next(), kStart + milliseconds{50});
    EXPECT_THAT(table.take_woken(kStart + milliseconds{49}), IsEmpty());
    EXPECT_THAT(table.take_woken(kStart + milliseconds{50}), ElementsAre(id));
}

// Who comes for the next list between two wake-ups can tell that there will be one.
TEST(WatchTable, AChangeWithinTheGapIsDueLater) {
    WatchTable table;
    EXPECT_FALSE(table.is_due_later("x"));
    const auto id = table.park({"x"}, kEnd);
    table.touch("x", kStart);
    EXPECT_THAT(table.take_woken(kStart), ElementsAre(id));
    table.drop(id);
    EXPECT_FALSE(table.is_due_later("x")) << "nothing has changed since";
    table.touch("x", kStart + milliseconds{10});
    EXPECT_TRUE(table.is_due_later("x"));
    EXPECT_FALSE(table.is_due_later("y"));
    const auto again = table.park({"x"}, kEnd);
    EXPECT_THAT(table.take_woken(kStart + milliseconds{50}), ElementsAre(again));
    EXPECT_FALSE(table.is_due_later("x"));
}

int wakes_in(WatchTable& table, TimePoint from, TimePoint to, milliseconds step) {
    int wakes = 0;
    for (TimePoint now = from; now < to; now += step) {
        table.touch("x", now);
        if (!table.take_woken(now).empty()) ++wakes;
    }
    return wakes;
}

// An instance that comes and goes a hundred times a second.
TEST(WatchTable, AFloodOfChangesIsSlowedDownToOnePerSecond) {
    WatchTable table;
    static_cast<void>(table.park({"x"}, kEnd));
    const int first = wakes_in(table, kStart, kStart + seconds{2}, milliseconds{10});
    EXPECT_GE(first, 20);  // the burst
    EXPECT_LE(first, 23);
    const TimePoint later = kStart + seconds{2};
    EXPECT_LE(wakes_in(table, later, later + seconds{10}, milliseconds{10}), 11);
    EXPECT_GE(wakes_in(table, later + seconds{10}, later + seconds{20}, milliseconds{10}), 9);
}

TEST(WatchTable, ChangesOncePerSecondAreNeverDelayed) {
    WatchTable table;
    static_cast<void>(table.park({"x"}, kEnd));
    EXPECT_EQ(wakes_in(table, kStart, kStart + seconds{100}, seconds{1}), 100);
}

TEST(WatchTable, AFloodWithoutWatchersCostsNothing) {
    WatchTable table;
    table.drop(table.park({"x"}, kEnd));
    static_cast<void>(wakes_in(table, kStart, kStart + seconds{10}, milliseconds{10}));
    EXPECT_EQ(table.next(), TimePoint::max());
}

}  // namespace
}  // namespace rollcall::registry
