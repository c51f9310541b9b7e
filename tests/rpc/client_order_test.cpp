// In which order what a program sends one after the other arrives.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "support/eventually.h"

#include <asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using rollcall::tests::eventually;

class ClientOrder : public testing::Test {
protected:
    ClientOrder() {
        server.handle("note", [this](int n) {
            const std::lock_guard lock{mutex};
            notes.push_back(n);
        });
        server.handle("nothing", [] {});
        server.start();
        client.emplace(server.endpoint());
    }

    [[nodiscard]] std::vector<int> noted() {
        const std::lock_guard lock{mutex};
        return notes;
    }

    void note(int n) { client->notify(invoke<void>("note", n)); }

    // From another thread, and before this returns.
    void note_elsewhere(int n) {
        std::thread{[this, n] { note(n); }}.join();
    }

    // On the client's own thread, at the end of a call.
    void in_a_completion(const std::function<void()>& act) {
        std::promise<void> ended;
        client->async_call(invoke<void>("nothing"), [&](const Result<void>& result) {
            EXPECT_TRUE(result);
            act();
            ended.set_value();
        });
        ended.get_future().get();
    }

    std::mutex mutex;
    std::vector<int> notes;
    Server server;
    std::optional<Client> client;
};

TEST_F(ClientOrder, IsThatOfTheProgramAcrossThreads) {
    std::vector<int> expected;
    for (int turn = 0; turn < 20; ++turn) {
        const int first = 6 * turn;
        in_a_completion([&] {
            note(first);
            note_elsewhere(first + 1);
            note_elsewhere(first + 2);
            note(first + 3);
            note_elsewhere(first + 4);
        });
        note(first + 5);
        for (int n = first; n < first + 6; ++n)
            expected.push_back(n);
    }
    EXPECT_TRUE(eventually([&] { return noted().size() == expected.size(); }));
    EXPECT_EQ(noted(), expected);
}

TEST_F(ClientOrder, BeginsWithWhatOtherThreadsHaveSentBefore) {
    in_a_completion([&] {
        note_elsewhere(1);
        note(2);
    });
    EXPECT_TRUE(eventually([&] { return noted().size() == 2; }));
    EXPECT_EQ(noted(), (std::vector<int>{1, 2}));
}

TEST_F(ClientOrder, IsNotChangedByALayerThatAwaitsNothing) {
    client->use([](Exchange& exchange) -> Entry {
        if (!exchange.metadata().contains("slow")) return Entry{};
        return [](auto) -> asio::awaitable<Result<void>> { co_return Result<void>{}; }(0);
    });
    in_a_completion([&] {
        note(1);
        client->notify(invoke<void>("note", 2).with("slow", "yes"));
    });
    EXPECT_TRUE(eventually([&] { return noted().size() == 2; }));
    EXPECT_EQ(noted(), (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace rollcall::rpc::tests
