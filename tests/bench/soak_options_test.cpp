// What soak-test takes and refuses.

#include "soak/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::soak {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Options parsed(const std::vector<std::string>& arguments, const char* environment = nullptr) {
    return parse(arguments, environment).value();
}

std::string refusal(const std::vector<std::string>& arguments, const char* environment = nullptr) {
    const auto options = parse(arguments, environment);
    return options ? "" : options.error().message();
}

TEST(SoakOptions, LastHalfAnHourAtHalfTheCapacity) {
    const Options options = parsed({});
    EXPECT_EQ(options.seconds, 1800);
    EXPECT_EQ(options.rate, 0);
    EXPECT_EQ(options.out, "build/soak.json");
}

TEST(SoakOptions, TakeTheTimeOfTheEnvironmentUnlessTold) {
    EXPECT_EQ(parsed({}, "90").seconds, 90);
    EXPECT_EQ(parsed({"--seconds", "60"}, "90").seconds, 60);
    EXPECT_THAT(refusal({}, "soon"), HasSubstr("ROLLCALL_SOAK_SECONDS wants a number"));
}

TEST(SoakOptions, TakeRateAndFile) {
    const Options options = parsed({"--rate", "2500.5", "--out", "x.json"});
    EXPECT_EQ(options.rate, 2500.5);
    EXPECT_EQ(options.out, "x.json");
    EXPECT_TRUE(parsed({"--help"}).help);
}

TEST(SoakOptions, SayWhatIsWrong) {
    EXPECT_EQ(refusal({"--quick"}), "there is no option '--quick'");
    EXPECT_EQ(refusal({"--seconds"}), "--seconds wants a value");
    EXPECT_EQ(
        refusal({"--seconds", "4.9"}), "--seconds wants a number from 5 to 604800, not '4.9'"
    );
    EXPECT_EQ(refusal({"--seconds", "5"}), "");
    EXPECT_THAT(refusal({"--seconds", "10s"}), HasSubstr("not '10s'"));
    EXPECT_THAT(refusal({"--seconds", "nan"}), HasSubstr("not 'nan'"));
    EXPECT_THAT(refusal({"--rate", "0"}), HasSubstr("--rate wants a number from 1"));
    EXPECT_EQ(refusal({"--out", ""}), "--out wants the name of a file");
}

TEST(SoakOptions, SampleEveryTenSecondsAndSixtyTimesAtLeast) {
    EXPECT_EQ(parsed({"--seconds", "1800"}).interval(), 10s);
    EXPECT_EQ(parsed({"--seconds", "1800"}).intervals(), 180U);
    EXPECT_EQ(parsed({"--seconds", "600"}).interval(), 10s);
    EXPECT_EQ(parsed({"--seconds", "60"}).interval(), 1s);
    EXPECT_EQ(parsed({"--seconds", "60"}).intervals(), 60U);
}

}  // namespace
}  // namespace rollcall::soak
