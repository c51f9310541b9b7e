// Cuts the connection after each byte of an exchange that has all that two peers agree on: hello,
// metadata, budgets, cancels, errors with data, calls and notifications of the server, goaway. Each
// call in either direction ends exactly once, none that says `not_sent` was executed, and nothing
// is left over.
#include "depth_fixture.h"
#include "support/cutting_proxy.h"

#include <optional>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::CuttingProxy;
using rollcall::tests::eventually;

// A part of all bytes each, so that no test takes long.
constexpr int kParts = 4;

class DepthSweep
    : public testing::TestWithParam<std::tuple<CuttingProxy::Direction, CuttingProxy::How, int>> {
protected:
    // The whole exchange over a connection that is cut after `bytes`. What was forwarded.
    std::uint64_t play(std::uint64_t bytes) {
        const auto [direction, how, part] = GetParam();
        Server server{server_options()};
        std::atomic<int> executed{0};
        Ends asked;
        add_depth(server, executed, asked);
        server.start();
        std::uint64_t forwarded = 0;
        {
            const CuttingProxy proxy{server.endpoint(), {direction, bytes, how}};
            Ends calls;
            Ends adds;
            asio::cancellation_signal cancel;
            {
                Client client{proxy.endpoint(), client_options()};
                add_depth(client);
                start_calls(client, calls, adds, cancel);
                EXPECT_TRUE(eventually([&] { return adds.all_ended(); }));
                cancel.emit(asio::cancellation_type::total);
                EXPECT_TRUE(eventually([&] { return calls.all_ended(); }));
                server.stop(20ms);
            }
            EXPECT_TRUE(eventually([&] { return asked.all_ended(); }));
            EXPECT_LE(executed + adds.not_sent(), adds.begun()) << "cut after byte " << bytes;
            forwarded = proxy.forwarded(direction);
        }
        EXPECT_EQ(server.stats().connections, 0U);
        return forwarded;
    }

    static void start_calls(
        Client& client, Ends& calls, Ends& adds, asio::cancellation_signal& cancel
    ) {
        client.async_call(invoke<int>("add", 1, 2).with("tenant", "blue").within(10s), adds.one());
        client.async_call(invoke<int>("add", 3, 4), adds.one());
        client.async_call(
            invoke<int>("wait").within(10s),
            asio::bind_cancellation_slot(cancel.slot(), calls.one())
        );
        client.async_call(invoke<int>("wait").within(2ms), calls.one());
        client.async_call(invoke<int>("ask", 21).within(10s), calls.one());
        client.async_call(invoke<int>("pooled", 1).within(10s), calls.one());
        client.async_call(invoke<int>("fail", "no"), calls.one());
        client.notify(invoke<void>("note", "x").with("tenant", "blue"));
    }

    ServerOptions server_options() const {
        ServerOptions options;
        options.io = io;
        options.log = Log::none();
        return options;
    }

    ClientOptions client_options() const {
        ClientOptions options;
        options.io = io;
        options.backoff = BackoffOptions{100us, 1ms, 2.0, 0.5};
        options.call_timeout = 10s;
        options.log = Log::none();
        return options;
    }

    IoThreads io{1};
};

TEST_P(DepthSweep, EachByte) {
    play(UINT64_MAX);  // whatever is made once has been made
    const Holdings before;
    const std::uint64_t whole = play(UINT64_MAX);
    ASSERT_GT(whole, 100U);
    ASSERT_LT(whole, 2000U);
    const auto part = static_cast<std::uint64_t>(std::get<2>(GetParam()));
    for (std::uint64_t bytes = part; bytes <= whole; bytes += kParts)
        play(bytes);
    EXPECT_TRUE(before.are_back()) << before.compared();
}

std::string name_of_sweep(const testing::TestParamInfo<DepthSweep::ParamType>& info) {
    const auto [direction, how, part] = info.param;
    return std::string{direction == CuttingProxy::Direction::to_server ? "ToServer" : "ToClient"} +
           (how == CuttingProxy::How::fin ? "Fin" : "Rst") + std::to_string(part);
}

INSTANTIATE_TEST_SUITE_P(
    Both,
    DepthSweep,
    testing::Combine(
        testing::Values(CuttingProxy::Direction::to_server, CuttingProxy::Direction::to_client),
        testing::Values(CuttingProxy::How::fin, CuttingProxy::How::rst),
        testing::Range(0, kParts)
    ),
    name_of_sweep
);

}  // namespace
}  // namespace rollcall::rpc::tests
