// Replies to many requests that came together leave in parts.

#include "flush_pace.h"

#include "server_harness.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

TEST(FlushPace, IsDueAfterSixteenAndThenAfterAsManyAsBefore) {
    FlushPace pace;
    for (int run = 0; run < 2; ++run) {
        pace.begin();
        std::vector<int> due;
        for (int written = 1; written <= 1000; ++written) {
            if (pace.is_due()) due.push_back(written);
        }
        EXPECT_EQ(due, (std::vector<int>{16, 32, 64, 128, 256, 512}));
    }
}

// All at once, so that they are read together, and the handler of the last holds the I/O thread.
TEST(RepliesInParts, TheFirstDoNotWaitForTheHandlersOfTheLast) {
    std::promise<void> go_on;
    Server server;
    server.handle("echo", [](std::string_view text) { return text; });
    server.handle("wait", [gate = go_on.get_future().share()] { gate.wait(); });
    server.start();
    RawPeer peer{server.endpoint()};
    std::string all;
    for (std::uint32_t id = 0; id < FlushPace::kFirst; ++id)
        all += request(id, "echo", "text");
    all += request(99, "wait");
    ASSERT_TRUE(peer.send(all));
    const auto first = receive_answers(peer, FlushPace::kFirst);
    go_on.set_value();
    ASSERT_EQ(first.size(), FlushPace::kFirst);
    for (std::uint32_t id = 0; id < FlushPace::kFirst; ++id)
        EXPECT_EQ(first[id].id, id);
    const auto last = receive_answers(peer, 1);
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last.front().id, 99U);
}

}  // namespace
}  // namespace rollcall::rpc::tests
