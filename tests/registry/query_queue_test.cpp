#include "query_queue.h"

#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

namespace rollcall::registry {
namespace {

using ::testing::ElementsAre;

class Queue : public testing::Test {
protected:
    // Runs what is posted, and counts the turns.
    int run() {
        int turns = 0;
        while (!posted.empty()) {
            const auto work = std::move(posted.front());
            posted.erase(posted.begin());
            work();
            ++turns;
        }
        return turns;
    }

    QueryQueue::Post post = [this](std::function<void()> work) {
        posted.push_back(std::move(work));
    };
    std::vector<std::function<void()>> posted;
    std::vector<int> done;
};

TEST_F(Queue, DoesThingsInTheirOrderAndNotAtOnce) {
    QueryQueue queue{post, 10, std::chrono::hours{1}};
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(queue.push([this, i] { done.push_back(i); }));
    EXPECT_TRUE(done.empty());
    EXPECT_EQ(queue.size(), 3U);
    EXPECT_EQ(run(), 1);
    EXPECT_THAT(done, ElementsAre(0, 1, 2));
    EXPECT_EQ(queue.size(), 0U);
}

TEST_F(Queue, RefusesBeyondItsLimitOnly) {
    QueryQueue queue{post, 2};
    EXPECT_TRUE(queue.push([] {}));
    EXPECT_TRUE(queue.push([] {}));
    EXPECT_FALSE(queue.push([] {}));
    queue.push_always([this] { done.push_back(1); });
    run();
    EXPECT_THAT(done, ElementsAre(1));
    EXPECT_TRUE(queue.push([] {}));
}

// What the server has read meanwhile gets its turn between two slices.
TEST_F(Queue, EndsItsTurnWhenTheSliceIsOver) {
    QueryQueue queue{post, 10, Duration{0}};
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(queue.push([this, i] { done.push_back(i); }));
    EXPECT_EQ(run(), 3);
    EXPECT_THAT(done, ElementsAre(0, 1, 2));
}

TEST_F(Queue, WorkMayPushMore) {
    QueryQueue queue{post, 10, std::chrono::hours{1}};
    EXPECT_TRUE(queue.push([&] {
        done.push_back(1);
        EXPECT_TRUE(queue.push([this] { done.push_back(2); }));
    }));
    EXPECT_EQ(run(), 1);
    EXPECT_THAT(done, ElementsAre(1, 2));
}

}  // namespace
}  // namespace rollcall::registry
