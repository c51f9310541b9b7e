// The end of a client, whatever it was doing: each of its calls ends exactly once.
#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using namespace tests;

TEST(ServiceClientEnd, EndsItsCallsWhenItIsDestroyed) {
    ContractServer good;
    SilentServer silent;
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    for (const auto& list :
         {InstanceList{},
          InstanceList{dead},
          InstanceList{silent.endpoint()},
          InstanceList{dead, silent.endpoint(), good.endpoint()}}) {
        std::vector<std::future<Result<int>>> calls;
        {
            ServiceClient client{InMemoryDiscovery{list}};
            for (int i = 0; i < 50; ++i)
                calls.push_back(client.async_call(contract::add(i, 1).within(1h), asio::use_future)
                );
        }
        for (auto& call : calls) {
            const auto result = call.get();
            EXPECT_TRUE(result || result.error().code() == Errc::shutting_down)
                << result.error().to_string();
        }
    }
}

TEST(ServiceClientEnd, EndsBlockingCallsOfOtherThreads) {
    SilentServer silent;
    auto client = std::make_unique<ServiceClient>(InMemoryDiscovery{{silent.endpoint()}});
    std::vector<std::thread> callers;
    std::atomic<int> ended{0};
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&ended, target = client.get()] {
            const auto result = target->call(contract::add_once(1, 2).within(1h));
            if (!result && result.error().code() == Errc::shutting_down) ++ended;
        });
    }
    ASSERT_TRUE(eventually([&] {
        const auto states = client->state();
        return states.size() == 1 && states[0].in_flight == 4;
    }));
    client.reset();
    for (std::thread& caller : callers)
        caller.join();
    EXPECT_EQ(ended, 4);
}

TEST(ServiceClientEnd, MayBeDestroyedInACompletion) {
    ContractServer server;
    auto client = std::make_shared<std::unique_ptr<ServiceClient>>();
    *client = std::make_unique<ServiceClient>(InMemoryDiscovery{{server.endpoint()}});
    std::promise<int> ended;
    (*client)->async_call(contract::add(1, 2), [&ended, client](Result<int> sum) {
        client->reset();
        ended.set_value(sum.value());
    });
    EXPECT_EQ(ended.get_future().get(), 3);
}

TEST(ServiceClientEnd, AnswersAfterItsEnd) {
    ContractServer server;
    ServiceClient client{InMemoryDiscovery{{server.endpoint()}}};
    client.stop();
    client.stop();
    EXPECT_EQ(client.call(contract::add(1, 2)).error().code(), Errc::shutting_down);
    EXPECT_EQ(client.broadcast(contract::add(1, 2)).error()->code(), Errc::shutting_down);
    client.notify(contract::note(1));
    EXPECT_EQ(server.calls, 0);
}

}  // namespace
}  // namespace rollcall::discovery
