// The registry is killed and comes back without its memory.
#include <rollcall/registry/connect.h>

#include "fleet.h"

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

using RegistryLoss = Fleet;

// What the registry itself lists, not what the client remembers.
std::size_t listed_by(registry::Source& source) {
    const auto snapshots = source.read({"calculator"}, Deadline::in(2s));
    return snapshots ? snapshots->front().instances.size() : 0;
}

TEST_F(RegistryLoss, NoCallFailsAndAllInstancesReappear) {
    start_servers(3);
    CallLoad load{client, whoami()};
    ASSERT_TRUE(load.wait_more(200));
    const std::string listen = registry->listen();
    registry->process().kill();
    // The client has noticed, and longer than a lease goes by.
    ASSERT_TRUE(eventually([&] { return found.status().failing_for > 1200ms; }));
    EXPECT_EQ(listed(), 3U);
    ASSERT_TRUE(load.wait_more(200));

    registry = std::make_unique<RegistryProgram>(kTtl, listen);
    auto back = registry::connect(registry->url());
    ASSERT_TRUE(back);
    // One interval is a third of the lease; a slow machine gets some more.
    EXPECT_TRUE(eventually([&] { return listed_by(*back->source) == 3; }, 3s));
    ASSERT_TRUE(eventually([&] { return !found.status().error; }));
    ASSERT_TRUE(load.wait_more(200));
    EXPECT_TRUE(wait_listed(3));
    for (const Error& error : load.stop())
        ADD_FAILURE() << error.to_string();
}

}  // namespace
}  // namespace rollcall::tests
