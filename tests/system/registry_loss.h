#pragma once
// The registry is killed and comes back without its memory, at the same place.

#include <rollcall/registry/connect.h>

#include "fleet.h"

#include <array>
#include <atomic>
#include <cstdio>

namespace rollcall::tests {

class RegistryLossFixture : public Fleet {
protected:
    using Fleet::Fleet;

    // Three servers; calls in turn, at random and to all of them, all the time. After the outage
    // the servers reappear within `soon`. No call fails.
    void lose_registry(Duration outage, Duration soon) {
        start_servers(3);
        start_loads();
        ASSERT_TRUE(wait_more());
        const std::string listen = registry->listen();
        registry->process().kill();
        const auto is_over = [&] { return found.status().failing_for > outage; };
        ASSERT_TRUE(eventually(is_over, outage + kMaxWait));
        EXPECT_EQ(listed(), 3U);
        ASSERT_TRUE(wait_more());

        // They register again one after another, and until then a list is as short as it says.
        may_be_fewer_ = true;
        registry = std::make_unique<RegistryProgram>(ttl, listen);
        auto back = registry::connect(registry->url());
        ASSERT_TRUE(back);
        EXPECT_TRUE(eventually([&] { return listed_by(*back->source) == 3; }, soon));
        ASSERT_TRUE(eventually([&] { return !found.status().error; }));
        ASSERT_TRUE(wait_more());
        EXPECT_TRUE(wait_listed(3));
        stop_loads();
    }

    void start_loads() {
        // A client learns of a list a little after its discovery.
        const auto knows_all = [](const discovery::ServiceClient& each) {
            return each.state().size() == 3;
        };
        ASSERT_TRUE(eventually([&] { return knows_all(client) && knows_all(at_random_); }));
        loads_[0] = std::make_unique<CallLoad>(client, whoami(), 2);
        loads_[1] = std::make_unique<CallLoad>(at_random_, whoami(), 1);
        loads_[2] = std::make_unique<CallLoad>([this] { return call_all(); }, 1);
    }

    [[nodiscard]] bool wait_more() const {
        return loads_[0]->wait_more(200) && loads_[1]->wait_more(100) && loads_[2]->wait_more(50);
    }

    // No call may have failed.
    void stop_loads() {
        for (std::size_t i = 0; i < loads_.size(); ++i) {
            const auto errors = loads_[i]->stop();
            if (!errors.empty())
                ADD_FAILURE() << errors.size() << " failed, the first: " << errors[0].to_string();
            std::printf("%s: %zu calls\n", kKinds[i], loads_[i]->times().size());
            loads_[i].reset();
        }
    }

private:
    static constexpr std::array kKinds{"in turn", "at random", "to all"};

    Result<void> call_all() {
        const auto replies = client.broadcast(whoami());
        if (replies.error()) return *replies.error();
        for (const auto& reply : replies) {
            if (!reply.result) return reply.result.error();
        }
        if (replies.size() == 3 || may_be_fewer_) return {};
        return Error{Errc::no_instances, std::to_string(replies.size()) + " instead of 3 called"};
    }

    // What the registry itself lists, not what the client remembers.
    static std::size_t listed_by(registry::Source& source) {
        const auto snapshots = source.read({"calculator"}, Deadline::in(std::chrono::seconds{2}));
        return snapshots ? snapshots->front().instances.size() : 0;
    }

    discovery::ServiceClient at_random_{found, {.select = discovery::SelectMode::random}};
    std::atomic<bool> may_be_fewer_{false};  // than three, that a broadcast reaches
    std::array<std::unique_ptr<CallLoad>, 3> loads_;
};

}  // namespace rollcall::tests
