// 10: testing your own code. rollcall::testing has a list of instances in memory, a server with its
// client, and a clock that stands still; no registry and no fixed port is needed.
#include <rollcall/discovery/service_client.h>
#include <rollcall/testing/in_memory_discovery.h>
#include <rollcall/testing/local_pair.h>

#include <gtest/gtest.h>

#include <string>

namespace {

namespace discovery = rollcall::discovery;
namespace rpc = rollcall::rpc;
using rollcall::testing::InMemoryDiscovery;
using rollcall::testing::LocalPair;

// The code to be tested: a shop that asks the service "tax".
class Shop {
public:
    explicit Shop(const discovery::Discovery& tax) : tax_(tax) {}

    // "price 119" or why there is none.
    std::string offer(int net) {
        const rollcall::Result<int> price =
            tax_.call(rpc::invoke<int>("gross", net).within(std::chrono::milliseconds{200}));
        return price ? "price " + std::to_string(*price) : "come back later";
    }

private:
    discovery::ServiceClient tax_;
};

int gross(int net) {
    return net + net * 19 / 100;
}

TEST(Shop, AsksTheTaxService) {
    LocalPair pair{[](rpc::Server& server) { server.handle("gross", gross); }};
    const InMemoryDiscovery tax{{pair.endpoint()}};
    Shop shop{tax};
    EXPECT_EQ(shop.offer(100), "price 119");
}

TEST(Shop, SurvivesWithoutTheTaxService) {
    const InMemoryDiscovery nobody;
    Shop shop{nobody};
    EXPECT_EQ(shop.offer(100), "come back later");
}

TEST(Shop, FindsAServiceThatComesLater) {
    InMemoryDiscovery tax;
    Shop shop{tax};
    EXPECT_EQ(shop.offer(100), "come back later");
    LocalPair pair{[](rpc::Server& server) { server.handle("gross", gross); }};
    tax.add(pair.endpoint());
    EXPECT_EQ(shop.offer(200), "price 238");
}

// A single server needs no discovery at all.
TEST(Gross, RoundsDown) {
    LocalPair pair{[](rpc::Server& server) { server.handle("gross", gross); }};
    EXPECT_EQ(pair.client().call(rpc::invoke<int>("gross", 1)).value(), 1);
}

}  // namespace
