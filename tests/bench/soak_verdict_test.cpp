// When the soak says that something has grown: at the bounds, under and over them.

#include "soak/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::soak {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Bound kBound{"memory", &Usage::resident_kib, 0.03, 1024};

Usage usage(double resident_kib, double descriptors = 20, double threads = 5) {
    return {resident_kib, resident_kib / 2, descriptors, threads};
}

// Eight samples: what starts, the second quarter, the third, the last.
std::vector<Usage> quarters(const Usage& second, const Usage& last) {
    return {usage(1), usage(1), second, second, usage(1e6), usage(1e6), last, last};
}

Course course_of(std::vector<Usage> samples) {
    Course course;
    course.processes = {{"server 1", std::move(samples)}};
    course.seconds = 60;
    course.intended_rate = 1000;
    course.achieved_rate = 1000;
    return course;
}

TEST(SoakQuarters, AreTheMediansOfTheSecondAndTheLast) {
    std::vector<Usage> samples;
    for (int i = 0; i < 16; ++i)
        samples.push_back(usage(i));
    const auto found = quarters_of(samples, &Usage::resident_kib);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->second, 5.5);  // 4 5 6 7
    EXPECT_EQ(found->last, 13.5);   // 12 13 14 15
}

TEST(SoakQuarters, OneOutlierDoesNotCount) {
    std::vector<Usage> samples(20, usage(1000));
    samples[17] = usage(1e9);
    EXPECT_EQ(quarters_of(samples, &Usage::resident_kib)->last, 1000);
}

TEST(SoakQuarters, NeedEightSamples) {
    EXPECT_FALSE(quarters_of({}, &Usage::threads));
    EXPECT_FALSE(quarters_of(std::vector<Usage>(7, usage(1)), &Usage::threads));
    EXPECT_TRUE(quarters_of(std::vector<Usage>(8, usage(1)), &Usage::threads));
    EXPECT_TRUE(quarters_of(std::vector<Usage>(9, usage(1)), &Usage::threads));
}

TEST(SoakVerdict, FlatIsUpToAShareAndASlack) {
    const double most = 100'000 * 1.03 + 1024;
    EXPECT_TRUE(is_flat({100'000, most - 1}, kBound));
    EXPECT_TRUE(is_flat({100'000, most}, kBound));
    EXPECT_FALSE(is_flat({100'000, most + 1}, kBound));
    EXPECT_TRUE(is_flat({100'000, 1}, kBound));  // less is no growth
}

TEST(SoakVerdict, PassesWhatStaysAsItIs) {
    EXPECT_THAT(findings_of(course_of(quarters(usage(20'000), usage(20'000)))), IsEmpty());
}

TEST(SoakVerdict, SaysWhichProcessHasGrownAndHowMuch) {
    const auto findings = findings_of(course_of(quarters(usage(20'000), usage(21'625))));
    EXPECT_THAT(
        findings,
        ElementsAre(AllOf(
            HasSubstr("server 1: resident memory"),
            HasSubstr("from 20000 in the second quarter to 21625 in the last"),
            HasSubstr("at most 21624")
        ))
    );
    EXPECT_THAT(findings_of(course_of(quarters(usage(20'000), usage(21'624)))), IsEmpty());
}

TEST(SoakVerdict, AnonymousMemoryIsJudgedByItself) {
    Usage last = usage(20'000);
    last.anonymous_kib += 10'000 * 0.03 + 1025;  // of memory that was a file's before
    EXPECT_THAT(
        findings_of(course_of(quarters(usage(20'000), last))),
        ElementsAre(HasSubstr("server 1: anonymous memory"))
    );
}

TEST(SoakVerdict, DescriptorsMayBeTwoMore) {
    const Usage before = usage(20'000, 20);
    EXPECT_THAT(findings_of(course_of(quarters(before, usage(20'000, 21)))), IsEmpty());
    EXPECT_THAT(findings_of(course_of(quarters(before, usage(20'000, 22)))), IsEmpty());
    EXPECT_THAT(
        findings_of(course_of(quarters(before, usage(20'000, 23)))),
        ElementsAre(HasSubstr("server 1: descriptors: grew from 20"))
    );
}

TEST(SoakVerdict, ThreadsMayBeOneMore) {
    const Usage before = usage(20'000, 20, 5);
    EXPECT_THAT(findings_of(course_of(quarters(before, usage(20'000, 20, 6)))), IsEmpty());
    EXPECT_THAT(
        findings_of(course_of(quarters(before, usage(20'000, 20, 7)))),
        ElementsAre(HasSubstr("server 1: threads: grew from 5"))
    );
}

TEST(SoakVerdict, OneFailedCallIsOneTooMany) {
    Course course = course_of({});
    course.failed = 1;
    course.first_failure = "large: connection_lost";
    EXPECT_THAT(findings_of(course), ElementsAre("1 calls failed, first large: connection_lost"));
}

TEST(SoakVerdict, WantsNineteenOfTwentyCallsInTime) {
    Course course = course_of({});
    course.achieved_rate = 950;
    EXPECT_THAT(findings_of(course), IsEmpty());
    course.achieved_rate = 951;
    EXPECT_THAT(findings_of(course), IsEmpty());
    course.achieved_rate = 949;
    EXPECT_THAT(findings_of(course), ElementsAre("calls ended at 949 per second instead of 1000"));
}

TEST(SoakVerdict, SaysNothingOfGrowthInAFewSamples) {
    EXPECT_THAT(findings_of(course_of(std::vector<Usage>(7, usage(1)))), IsEmpty());
}

TEST(SoakVerdict, SaysNothingOfGrowthWhileEverythingStarts) {
    Course course = course_of(quarters(usage(20'000), usage(40'000)));
    EXPECT_THAT(findings_of(course), SizeIs(2));
    course.seconds = 59.9;
    EXPECT_THAT(findings_of(course), IsEmpty());
}

TEST(SoakVerdict, SaysNothingOfTheRateOfAMoment) {
    Course course = course_of({});
    course.achieved_rate = 0;
    course.seconds = 1;
    EXPECT_THAT(findings_of(course), SizeIs(1));
    course.seconds = 0.9;
    EXPECT_THAT(findings_of(course), IsEmpty());
}

TEST(SoakVerdict, NamesEachProcess) {
    Course course = course_of(quarters(usage(20'000), usage(40'000)));
    course.processes.push_back({"registry", quarters(usage(20'000), usage(40'000))});
    course.processes.push_back({"server 2", quarters(usage(20'000), usage(20'000))});
    EXPECT_THAT(findings_of(course), SizeIs(4));  // resident and anonymous, of two
}

}  // namespace
}  // namespace rollcall::soak
