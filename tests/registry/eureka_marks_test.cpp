// What a Rollcall instance keeps on its way through Eureka's metadata.
#include "eureka_marks.h"

#include <rollcall/registry/validation.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

Instance through_metadata(const Instance& instance) {
    Instance read;
    read.meta = instance.meta;
    add_marks(read.meta, instance);
    take_marks(read);
    return read;
}

TEST(EurekaMarks, KeepEverything) {
    Instance instance;
    instance.scheme = "tls";
    instance.version = "2.1";
    instance.zone = "a";
    instance.weight = 0;
    instance.tags = {"a,b", "\"quoted\"", "\xc3\xa4"};
    instance.incarnation = "nonce";
    instance.meta = {{"k", "v"}};
    EXPECT_EQ(through_metadata(instance), instance);
    instance.weight = kMaxWeight;
    EXPECT_EQ(through_metadata(instance), instance);
    EXPECT_EQ(through_metadata(Instance{}), Instance{});
}

TEST(EurekaMarks, KeepAZoneApartFromAMetadataKeyOfThatName) {
    for (const char* zone : {"", "a"}) {
        Instance instance;
        instance.zone = zone;
        instance.meta = {{"zone", "mine"}};
        EXPECT_EQ(through_metadata(instance), instance);
    }
}

TEST(EurekaMarks, AreFewForAPlainInstance) {
    EurekaMetadata metadata;
    add_marks(metadata, Instance{});
    EXPECT_THAT(metadata, UnorderedElementsAre(Pair("rollcall.scheme", "tcp")));
}

TEST(EurekaMarks, ThatCannotBeReadAreNotThere) {
    for (const char* weight : {"", "x", "7x", "-1", "10001", "99999999999"}) {
        Instance instance;
        instance.meta = {{"rollcall.scheme", "tcp"}, {"rollcall.weight", weight}};
        take_marks(instance);
        EXPECT_EQ(instance.weight, 100) << weight;
    }
    for (const char* tags : {"", "x", "{}", "7", "[7]", "[\"x\""}) {
        Instance instance;
        instance.meta = {{"rollcall.scheme", "tcp"}, {"rollcall.tags", tags}};
        take_marks(instance);
        EXPECT_THAT(instance.tags, IsEmpty()) << tags;
        EXPECT_THAT(instance.meta, IsEmpty()) << tags;
    }
}

TEST(EurekaMarks, OfNobodyAreLeftAlone) {
    Instance instance;
    instance.scheme = "http";
    instance.meta = {{"rollcall.version", "2"}, {"zone", "a"}};
    take_marks(instance);
    EXPECT_EQ(instance.scheme, "http");
    EXPECT_EQ(instance.version, "");
    EXPECT_THAT(instance.meta, ElementsAre(Pair("rollcall.version", "2"), Pair("zone", "a")));
}

TEST(EurekaMarks, TellDrainingFromDown) {
    for (const auto& [said, read] :
         {std::pair{Status::down, Status::draining}, {Status::up, Status::up}}) {
        Instance instance;
        instance.status = said;
        add_marks(instance.meta, instance);
        mark_draining(instance.meta);
        take_marks(instance);
        EXPECT_EQ(instance.status, read);
        EXPECT_THAT(instance.meta, IsEmpty());
    }
}

}  // namespace
}  // namespace rollcall::registry
