// The layers of a ServiceClient's connections: they see each attempt.

#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>
#include <rollcall/rpc/trace.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;

// A server that says what traceparent it has been sent, or refuses.
class Teller {
public:
    explicit Teller(bool refuses) {
        server.use([refuses](rpc::Exchange&) -> rpc::Entry {
            if (refuses) return Error{Errc::overloaded, "not now"};
            return {};
        });
        server.handle("parent", [](rpc::Context& context) {
            return std::string{context.metadata().find(rpc::kTraceParent).value_or("none")};
        });
        server.start();
    }

    rpc::Server server;
};

class ServiceLayers : public testing::Test {
protected:
    ServiceClientOptions counted() {
        ServiceClientOptions options;
        options.select = SelectMode::round_robin;
        options.client.middleware = {
            rpc::trace(),
            rpc::middleware(
                [](rpc::Exchange&) {},
                [this](rpc::Exchange& exchange, const rpc::Outcome& outcome) {
                    const std::lock_guard lock{mutex};
                    ends.push_back(
                        exchange.peer_name() + " " +
                        (outcome.ok() ? "ok" : std::string{name_of(outcome.error->code())})
                    );
                    parents.emplace(exchange.metadata().find(rpc::kTraceParent).value());
                }
            )};
        return options;
    }

    std::mutex mutex;
    std::vector<std::string> ends;
    std::set<std::string> parents;
};

TEST_F(ServiceLayers, SeeEachAttempt) {
    Teller busy{true};
    Teller idle{false};
    const MultiServersDiscovery both{InstanceList{busy.server.endpoint(), idle.server.endpoint()}};
    ServiceClient client{both, counted()};
    const auto call = rpc::invoke<std::string>("parent").within(20s);
    std::set<std::string> answers;
    for (int i = 0; i < 2; ++i) {
        const auto parent = client.call(call);
        ASSERT_TRUE(parent) << parent.error().to_string();
        answers.insert(*parent);
    }
    EXPECT_EQ(answers.size(), 2U);
    EXPECT_FALSE(call.metadata().contains(rpc::kTraceParent));
    const std::lock_guard lock{mutex};
    const auto count = [&](const std::string& line) {
        return std::count(ends.begin(), ends.end(), line);
    };
    EXPECT_EQ(count(idle.server.endpoint().to_string() + " ok"), 2);
    EXPECT_GE(count(busy.server.endpoint().to_string() + " overloaded"), 1);
    EXPECT_EQ(parents.size(), ends.size()) << "each attempt is a span of its own";
}

TEST_F(ServiceLayers, OfABroadcastDoNotShareMetadata) {
    Teller one{false};
    Teller two{false};
    const MultiServersDiscovery both{InstanceList{one.server.endpoint(), two.server.endpoint()}};
    ServiceClient client{both, counted()};
    std::set<std::string> answers;
    for (auto& reply : client.broadcast(rpc::invoke<std::string>("parent").within(20s)))
        answers.insert(reply.result.value_or("failed"));
    EXPECT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers.count("failed"), 0U);
    EXPECT_EQ(answers.count("none"), 0U);
}

}  // namespace
}  // namespace rollcall::discovery
