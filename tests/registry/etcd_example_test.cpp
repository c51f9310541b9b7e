// The example page about etcd, with an etcd.
#include "registry/etcd_cluster.h"

#include <gtest/gtest.h>

namespace rollcall::tests {
namespace {

TEST(EtcdExample, HoldsWithARealEtcd) {
    const EtcdCluster etcd;
    const Finished finished = run({ROLLCALL_ETCD_EXAMPLE, etcd.url()});
    EXPECT_EQ(finished.status.code, 0) << finished.output << finished.errors;
    EXPECT_EQ(finished.output.find("NOT SO"), std::string::npos) << finished.output;
}

TEST(EtcdExample, SaysHowToRunItWithoutAUrl) {
    const Finished finished = run({ROLLCALL_ETCD_EXAMPLE});
    EXPECT_EQ(finished.status.code, 2);
    EXPECT_NE(finished.errors.find("usage:"), std::string::npos);
}

}  // namespace
}  // namespace rollcall::tests
