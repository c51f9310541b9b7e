// A caller cancels, whatever his call is doing.
#include "discovery/service_fixture.h"
#include "discovery_state.h"
#include "support/eventually.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/post.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <future>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using namespace tests;

TEST(ServiceClientCancel, WhileItWaitsAndWhileItCalls) {
    const rpc::IoThreads threads{1};
    SilentServer silent;
    InMemoryDiscovery found;
    ServiceClient client{found};
    for (const bool has_instance : {false, true}) {
        if (has_instance) found.add(silent.endpoint());
        asio::cancellation_signal signal;
        std::promise<Result<int>> ended;
        run_on(threads, [&] {
            client.async_call(
                contract::add(1, 2).within(1h),
                asio::bind_cancellation_slot(
                    signal.slot(), [&](Result<int> result) { ended.set_value(std::move(result)); }
                )
            );
        });
        if (has_instance) {
            ASSERT_TRUE(eventually([&] { return silent.accepted > 0; }));
        }
        run_on(threads, [&] { signal.emit(asio::cancellation_type::terminal); });
        const auto result = ended.get_future().get();
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), Errc::cancelled);
    }
}

// What a discovery is asked between a call's last look at its cancellation and its wait.
class InterruptingState final : public DiscoveryState {
public:
    explicit InterruptingState(std::function<void()> interrupt)
        : DiscoveryState("the list"), interrupt_(std::move(interrupt)) {}

    void hurry() override { interrupt_(); }

private:
    const std::function<void()> interrupt_;
};

class InterruptingDiscovery final : public Discovery {
public:
    explicit InterruptingDiscovery(std::function<void()> interrupt)
        : Discovery(std::make_shared<InterruptingState>(std::move(interrupt))) {}
};

// The cancellation found nobody waiting, and the call then waited until its deadline.
TEST(ServiceClientCancel, WhileItGoesToWait) {
    asio::cancellation_signal signal;
    const InterruptingDiscovery found{[&] { signal.emit(asio::cancellation_type::terminal); }};
    ServiceClient client{found};
    std::promise<Errc> call;
    client.async_call(
        contract::add(1, 2).within(1h),
        asio::bind_cancellation_slot(
            signal.slot(), [&](const Result<int>& result) { call.set_value(result.error().code()); }
        )
    );
    EXPECT_EQ(call.get_future().get(), Errc::cancelled);
    std::promise<Errc> broadcast;
    client.async_broadcast(
        contract::add(1, 2).within(1h),
        BroadcastOptions{},
        asio::bind_cancellation_slot(
            signal.slot(),
            [&](const BroadcastResult<int>& result) { broadcast.set_value(result.error()->code()); }
        )
    );
    EXPECT_EQ(broadcast.get_future().get(), Errc::cancelled);
}

}  // namespace
}  // namespace rollcall::discovery
