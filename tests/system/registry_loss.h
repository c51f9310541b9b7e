#pragma once
// The registry is killed and comes back without its memory, at the same place.

#include <rollcall/registry/connect.h>

#include "fleet.h"

namespace rollcall::tests {

class RegistryLossFixture : public Fleet {
protected:
    using Fleet::Fleet;

    // Three servers, four threads that call all the time. After the outage the servers reappear
    // within `soon`. No call fails.
    void lose_registry(Duration outage, Duration soon) {
        start_servers(3);
        CallLoad load{client, whoami()};
        ASSERT_TRUE(load.wait_more(200));
        const std::string listen = registry->listen();
        registry->process().kill();
        const auto is_over = [&] { return found.status().failing_for > outage; };
        ASSERT_TRUE(eventually(is_over, outage + kMaxWait));
        EXPECT_EQ(listed(), 3U);
        ASSERT_TRUE(load.wait_more(200));

        registry = std::make_unique<RegistryProgram>(ttl, listen);
        auto back = registry::connect(registry->url());
        ASSERT_TRUE(back);
        EXPECT_TRUE(eventually([&] { return listed_by(*back->source) == 3; }, soon));
        ASSERT_TRUE(eventually([&] { return !found.status().error; }));
        ASSERT_TRUE(load.wait_more(200));
        EXPECT_TRUE(wait_listed(3));
        for (const Error& error : load.stop())
            ADD_FAILURE() << error.to_string();
    }

private:
    // What the registry itself lists, not what the client remembers.
    static std::size_t listed_by(registry::Source& source) {
        const auto snapshots = source.read({"calculator"}, Deadline::in(std::chrono::seconds{2}));
        return snapshots ? snapshots->front().instances.size() : 0;
    }
};

}  // namespace rollcall::tests
