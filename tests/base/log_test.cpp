#include <rollcall/base/log.h>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rollcall {
namespace {

using Lines = std::vector<std::pair<LogLevel, std::string>>;

void write_one_of_each(const Log& log) {
    log.debug("d");
    log.info("i");
    log.warning("w");
    log.error("e");
}

Lines written(LogLevel lowest) {
    Lines lines;
    const Log log{
        [&](LogLevel level, std::string_view message) {
            lines.emplace_back(level, std::string{message});
        },
        lowest};
    write_one_of_each(log);
    return lines;
}

TEST(Log, WritesFromItsLowestLevelUp) {
    EXPECT_EQ(
        written(LogLevel::debug),
        (Lines{
            {LogLevel::debug, "d"},
            {LogLevel::info, "i"},
            {LogLevel::warning, "w"},
            {LogLevel::error, "e"}})
    );
    EXPECT_EQ(
        written(LogLevel::warning), (Lines{{LogLevel::warning, "w"}, {LogLevel::error, "e"}})
    );
    EXPECT_EQ(written(LogLevel::error), (Lines{{LogLevel::error, "e"}}));
    EXPECT_TRUE(Log{}.enabled(LogLevel::warning));
    EXPECT_FALSE(Log{}.enabled(LogLevel::info));
}

TEST(Log, WritesToStandardErrorByDefault) {
    testing::internal::CaptureStderr();
    write_one_of_each(Log{});
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "rollcall warning: w\nrollcall error: e\n");
    testing::internal::CaptureStderr();
    write_one_of_each(Log::to_stderr(LogLevel::error));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "rollcall error: e\n");
}

TEST(Log, NoneIsSilent) {
    testing::internal::CaptureStderr();
    write_one_of_each(Log::none());
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Log, SurvivesASinkThatThrows) {
    int calls = 0;
    const Log log{[&](LogLevel, std::string_view) {
        ++calls;
        throw std::runtime_error{"disk full"};
    }};
    write_one_of_each(log);
    EXPECT_EQ(calls, 4);
}

TEST(LogLevel, HasNames) {
    for (const LogLevel level :
         {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
        EXPECT_EQ(log_level_from(name_of(level)), level);
    EXPECT_EQ(log_level_from("warning"), LogLevel::warning);
    EXPECT_EQ(log_level_from("loud"), std::nullopt);
    EXPECT_EQ(log_level_from(""), std::nullopt);
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
    EXPECT_EQ(printable("plain text, ~!"), "plain text, ~!");
    EXPECT_EQ(printable("a\nb\x1b[2J"), "a\\x0ab\\x1b[2J");
    EXPECT_EQ(printable(std::string_view{"\0\x7f\xff", 3}), "\\x00\\x7f\\xff");
    EXPECT_EQ(printable("\\x41"), "\\x5cx41");
    EXPECT_EQ(printable(""), "");
}

TEST(Printable, CutsLongTexts) {
    EXPECT_EQ(printable("abc", 4), "abc");
    EXPECT_EQ(printable("abcd", 4), "abcd");
    EXPECT_EQ(printable("abcde", 4), "abcd...");
    EXPECT_EQ(printable(std::string(200, 'x')).size(), 200U);
    EXPECT_EQ(printable(std::string(201, 'x')).size(), 203U);
}

}  // namespace
}  // namespace rollcall
