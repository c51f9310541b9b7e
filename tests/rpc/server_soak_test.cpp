// The full count of what server_bytes_test.cpp does for a moment.

#include "server_random_bytes.h"

#include <gtest/gtest.h>

namespace rollcall::rpc::tests {
namespace {

TEST(ServerSoak, AThousandRandomMegabytes) {
    TestServer tested;
    Bystander bystander{tested.endpoint()};
    send_random_megabytes(tested.endpoint(), 50);
    const std::size_t before = resident_kib();
    send_random_megabytes(tested.endpoint(), 1000);
    if (!kSanitized) {
        EXPECT_LT(resident_kib(), before + 32 * 1024);
    }
    EXPECT_EQ(bystander.undisturbed(), "");
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections <= 1; }));
}

}  // namespace
}  // namespace rollcall::rpc::tests
