// What two looks at counters say, and how that fits on a screen. No network.
#include "top_table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace rollcall::cli {
namespace {

using json::Json;

// A result of `$/stats` with one method; all its calls took between 50 and 100 us.
Json stats(const std::string& method, double uptime, std::uint64_t calls, std::uint64_t errors) {
    std::vector<std::uint64_t> buckets(19, 0);
    buckets[2] = calls;
    Json one = Json::object();
    one["name"] = method;
    one["calls"] = calls;
    one["errors"] = Json{{"timed_out", errors}};
    one["in_flight"] = 3;
    one["request_bytes"] = calls * 10;
    one["reply_bytes"] = calls * 5;
    one["buckets"] = buckets;
    Json all = Json::object();
    all["uptime_s"] = uptime;
    all["methods"] = Json::array({one});
    return all;
}

TEST(TopRows, AreTheRatesBetweenTwoLooks) {
    const Json rows = top_rows({{"a:1", stats("add", 10, 100, 2), stats("add", 12, 300, 6)}});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["method"], "add");
    EXPECT_EQ(rows[0]["calls_per_second"], 100);
    EXPECT_EQ(rows[0]["errors_per_second"], 2);
    EXPECT_EQ(rows[0]["bytes_per_second"], 1500);
    EXPECT_EQ(rows[0]["in_flight"], 3);
    EXPECT_GT(rows[0]["p50_us"], 50);
    EXPECT_LT(rows[0]["p99_us"], 100.1);
    EXPECT_FALSE(rows[0].contains("instance"));
}

TEST(TopRows, CountSinceTheStartWithoutAnEarlierLook) {
    const Json rows = top_rows({{"a:1", nullptr, stats("add", 2, 300, 0)}});
    EXPECT_EQ(rows[0]["calls_per_second"], 150);
}

TEST(TopRows, HaveNoLatenciesWithoutCalls) {
    const Json rows = top_rows({{"a:1", stats("add", 10, 100, 0), stats("add", 12, 100, 0)}});
    EXPECT_TRUE(rows[0]["p50_us"].is_null());
    EXPECT_TRUE(rows[0]["p99_us"].is_null());
}

TEST(TopRows, OfSeveralServersAreSumsEachOverItsOwnTime) {
    const std::vector<StatsPair> servers{
        {"a:1", stats("add", 10, 0, 0), stats("add", 12, 200, 0)},
        {"b:2", stats("add", 70, 0, 0), stats("add", 71, 50, 1)},
        {"b:3", stats("sub", 70, 0, 0), stats("sub", 71, 500, 0)}};
    const Json sums = top_rows(servers);
    ASSERT_EQ(sums.size(), 2U);
    EXPECT_EQ(sums[0]["method"], "sub") << "the busiest first";
    EXPECT_EQ(sums[1]["calls_per_second"], 150);
    EXPECT_EQ(sums[1]["errors_per_second"], 1);
    EXPECT_EQ(sums[1]["in_flight"], 6);
    const Json each = top_rows(servers, TopRows::by_instance);
    ASSERT_EQ(each.size(), 3U);
    EXPECT_EQ(each[1]["instance"], "a:1");
    EXPECT_EQ(each[1]["calls_per_second"], 100);
    EXPECT_EQ(each[2]["instance"], "b:2");
    EXPECT_EQ(each[2]["calls_per_second"], 50);
}

TEST(TopRows, OfNobodyAreNone) {
    EXPECT_EQ(top_rows({}), Json::array());
    EXPECT_EQ(top_lines("nobody", Json::array()).size(), 2U);
}

class TopLines : public testing::Test {
protected:
    static std::size_t widest(const std::vector<std::string>& lines) {
        std::size_t width = 0;
        for (const std::string& line : lines)
            width = std::max(width, line.size());
        return width;
    }

    static Json many(std::size_t methods, const std::string& name) {
        std::vector<StatsPair> servers;
        for (std::size_t i = 0; i < methods; ++i)
            servers.push_back({"a:1", nullptr, stats(name + std::to_string(i), 2, 300 - i, 0)});
        return top_rows(servers);
    }
};

TEST_F(TopLines, AreAHeadingTheTitlesAndARowEach) {
    const auto lines = top_lines("here\x1b[2J", many(2, "m"));
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0], "here\\x1b[2J") << "what came from others does not act on a terminal";
    EXPECT_EQ(lines[1], "METHOD  CALLS/S  ERRORS/S  IN FLIGHT  P50 US  P99 US  BYTES/S");
    EXPECT_EQ(lines[2], "m0          150         0          3      75     100     2250");
}

TEST_F(TopLines, FitOnAScreenOfAnySize) {
    const Json rows = many(30, "a-method-with-quite-a-long-name-");
    for (std::size_t columns = 1; columns < 100; ++columns) {
        for (const std::size_t height : {1U, 2U, 3U, 5U, 12U, 24U, 32U, 33U, 34U, 100U}) {
            const auto lines = top_lines(std::string(90, 'h'), rows, {height, columns});
            EXPECT_LE(widest(lines), columns);
            // A screen with less than a heading, the titles and a rest is none.
            EXPECT_LE(lines.size(), std::max<std::size_t>(height - 1, 3)) << height;
        }
    }
}

TEST_F(TopLines, LeaveOutWhatSaysLeastWhereThereIsNoRoom) {
    const auto narrow = top_lines("here", many(1, "m"), {24, 40});
    EXPECT_EQ(narrow[1], "METHOD  CALLS/S  ERRORS/S  P99 US");
    EXPECT_EQ(top_lines("here", many(1, "m"), {24, 200})[1].size(), 61U);
}

TEST_F(TopLines, ShortenNamesBeforeTheyLoseNumbers) {
    const auto lines = top_lines("here", many(1, std::string(60, 'n')), {24, 80});
    EXPECT_NE(lines[1].find("BYTES/S"), std::string::npos) << lines[1];
    EXPECT_NE(lines[2].find("nnn...  "), std::string::npos) << lines[2];
}

TEST_F(TopLines, SayHowManyRowsAreLeftOut) {
    const Json rows = many(30, "m");
    EXPECT_EQ(top_lines("here", rows, {12, 80}).back(), "and 22 more");
    EXPECT_EQ(top_lines("here", rows, {32, 80}).back(), "and 2 more");
    EXPECT_EQ(top_lines("here", rows, {33, 80}).size(), 32U) << "all";
}

}  // namespace
}  // namespace rollcall::cli
