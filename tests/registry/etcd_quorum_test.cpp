// Two of three members of etcd are gone, so that it can neither take nor end a lease.
#include "registry/etcd_fleet.h"

#include <gtest/gtest.h>

namespace rollcall::registry::tests {
namespace {

using namespace std::chrono_literals;

TEST(EtcdFaults, WithoutAQuorumTheLastListIsServedAsStale) {
    EtcdCluster etcd{{.members = 3}};
    Fleet fleet{etcd.url(), 2, 3s};
    etcd.kill(0);
    etcd.kill(1);
    EXPECT_TRUE(eventually([&] { return fleet.all_stale(); }));
    EXPECT_EQ(fleet.known(), 2U);
    // One who starts now finds them too.
    const auto late = connect(etcd.url()).value().source->read({"calculator"}, Deadline::in(4s));
    ASSERT_TRUE(late.has_value()) << late.error().message();
    EXPECT_EQ(late->at(0).instances.size(), 2U);
    EXPECT_TRUE(late->at(0).instances.at(0).stale);
    etcd.start(0);
    EXPECT_TRUE(eventually([&] { return !fleet.any_stale() && fleet.all_registered(); }));
    EXPECT_EQ(fleet.least(), 2U);
}

}  // namespace
}  // namespace rollcall::registry::tests
