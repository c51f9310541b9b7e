// One broadcast to fifty instances, of which five are dead, five do not move and five fail.
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>

#include "support/programs.h"

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

class Crowd : public testing::Test {
protected:
    void add_server(bool fails) {
        auto server = std::make_unique<rpc::Server>();
        server->handle("whoami", [fails]() -> std::string {
            if (fails) throw std::runtime_error{"no name"};
            return "somebody";
        });
        server->start();
        endpoints.push_back(server->endpoint());
        servers.push_back(std::move(server));
    }

    void add_process(int signal) {
        auto process = std::make_unique<CalculatorProgram>();
        endpoints.push_back(Endpoint::parse(process->endpoint()).value());
        if (signal == SIGKILL) {
            process->process().kill();
        } else {
            process->process().signal(signal);
        }
        processes.push_back(std::move(process));
    }

    std::vector<std::unique_ptr<rpc::Server>> servers;
    std::vector<std::unique_ptr<CalculatorProgram>> processes;
    std::vector<Endpoint> endpoints;
};

TEST_F(Crowd, EveryOutcomeComesWithinTheDeadlineInOneCall) {
    for (int i = 0; i < 40; ++i)
        add_server(i >= 35);
    for (int i = 0; i < 5; ++i)
        add_process(SIGKILL);
    for (int i = 0; i < 5; ++i)
        add_process(SIGSTOP);
    const discovery::MultiServersDiscovery all{discovery::InstanceList{endpoints}};
    discovery::ServiceClient client{all};

    const TimePoint start = SteadyClock::now();
    const auto replies = client.broadcast(rpc::invoke<std::string>("whoami").within(1s));
    const Duration took = SteadyClock::now() - start;

    ASSERT_EQ(replies.size(), 50U);
    EXPECT_EQ(replies.succeeded(), 35U);
    std::map<Errc, int> errors;
    for (const auto& reply : replies) {
        EXPECT_LE(reply.elapsed, took);
        if (reply.result) {
            EXPECT_EQ(*reply.result, "somebody");
            continue;
        }
        const Error& error = reply.result.error();
        ++errors[error.code()];
        EXPECT_EQ(error.endpoint(), reply.instance.endpoint().to_string());
    }
    EXPECT_EQ(errors[Errc::connect_failed], 5);
    EXPECT_EQ(errors[Errc::timed_out], 5);
    EXPECT_EQ(errors[Errc::handler_failed], 5);
    // As long as the slowest, not as long as all together.
    EXPECT_GE(took, 990ms);
    EXPECT_LT(took, 4s);
}

}  // namespace
}  // namespace rollcall::tests
