// What layers cost plain handlers: no allocation more on the server's I/O thread, while it reads,
// handles and answers.

#include <rollcall/rpc/concurrency_limit.h>
#include <rollcall/rpc/server.h>

#include "support/allocation_count.h"
#include "support/raw_peer.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::rpc {
namespace {

class Passing final : public Middleware {
public:
    [[nodiscard]] Entry enter(Exchange&) override { return Entry{}; }
};

// Allocations on the I/O thread while it serves so many requests, one after the other.
std::size_t allocations_of(const Middlewares& layers, int requests) {
    ServerOptions options;
    options.middleware = layers;
    Server server{options};
    server.handle("add", [](int a, int b) {
        tests::count_allocations_here();
        return a + b;
    });
    server.start();
    tests::RawPeer peer{server.endpoint()};
    const std::string asked{
        "\x94\x00\x01\xa3"
        "add\x92\x01\x02",
        10};
    const std::string wanted{"\x94\x01\x01\xc0\x03", 5};
    const auto ask = [&] {
        peer.send(asked);
        return peer.receive_exactly(wanted.size()) == wanted;
    };
    for (int i = 0; i < 100; ++i)
        EXPECT_TRUE(ask());
    const std::size_t before = tests::allocations();
    for (int i = 0; i < requests; ++i)
        EXPECT_TRUE(ask());
    return tests::allocations() - before;
}

TEST(MiddlewareAllocations, PlainHandlersBehindLayersCostNoneMore) {
    constexpr int kRequests = 500;
    const std::size_t without = allocations_of({}, kRequests);
    const Middlewares layers{
        std::make_shared<Passing>(),
        middleware([](Exchange&) {}, [](Exchange&, const Outcome&) {}),
        concurrency_limit(),
        std::make_shared<Passing>()};
    const std::size_t with = allocations_of(layers, kRequests);
    // The loop's own ticks may fall into either run.
    EXPECT_LE(with, without + 5);
    RecordProperty("without", static_cast<int>(without));
    RecordProperty("with", static_cast<int>(with));
}

}  // namespace
}  // namespace rollcall::rpc
