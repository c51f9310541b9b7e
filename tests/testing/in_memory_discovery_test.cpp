#include <rollcall/testing/in_memory_discovery.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::testing {
namespace {

using discovery::SelectMode;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

const Endpoint kFirst{"127.0.0.1", 9001};
const Endpoint kSecond{"127.0.0.1", 9002};

TEST(InMemoryDiscovery, AddsAndRemovesInstances) {
    InMemoryDiscovery found{{kFirst}};
    found.add(kSecond);
    ASSERT_EQ(found.get_all()->size(), 2U);
    EXPECT_TRUE(found.remove("127.0.0.1:9001"));
    EXPECT_FALSE(found.remove("127.0.0.1:9001"));
    EXPECT_EQ(found.get(SelectMode::random)->endpoint(), kSecond);
}

TEST(InMemoryDiscovery, ReplacesAnInstanceOfTheSameId) {
    InMemoryDiscovery found;
    registry::Instance instance;
    instance.id = "a";
    instance.address = "127.0.0.1";
    instance.port = 1;
    found.add(instance);
    instance.port = 2;
    found.add(instance);
    ASSERT_EQ(found.get_all()->size(), 1U);
    EXPECT_EQ(found.get_all()->front().port, 2);
}

TEST(InMemoryDiscovery, KeepsItsListWhileTheRegistryIsDown) {
    InMemoryDiscovery found{{kFirst}};
    found.fail("connection refused");
    EXPECT_TRUE(found.get(SelectMode::round_robin));
    ASSERT_TRUE(found.status().error);
    EXPECT_EQ(found.status().error->message(), "connection refused");
    found.add(kSecond);
    EXPECT_FALSE(found.status().error);
}

TEST(InMemoryDiscovery, StartsWithoutAListIfAsked) {
    InMemoryDiscovery found = InMemoryDiscovery::without_list();
    found.fail("connection refused");
    const auto none = found.get(SelectMode::random, Deadline::in(1ms));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), Errc::no_instances);
    EXPECT_THAT(none.error().message(), HasSubstr("connection refused"));
    found.add(kFirst);
    EXPECT_TRUE(found.get(SelectMode::random, Deadline::in(1ms)));
}

}  // namespace
}  // namespace rollcall::testing
