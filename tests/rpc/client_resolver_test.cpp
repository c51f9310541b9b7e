// Names: lookups that hang, fail or give several addresses. See interposed.h.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "interposed.h"
#include "support/eventually.h"
#include "support/raw_peer.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::eventually;
using tests::kHungName;
using tests::kTwoAddressesName;
using tests::kUnknownName;

ClientOptions impatient() {
    ClientOptions options;
    options.backoff = BackoffOptions{1ms, 5ms, 2.0, 0.5};
    options.connect_timeout = 50ms;
    return options;
}

class ClientResolver : public testing::Test {
protected:
    ClientResolver() {
        server.handle("one", [] { return 1; });
        server.start();
    }

    [[nodiscard]] Endpoint at(const char* host) const {
        return Endpoint{host, server.endpoint().port()};
    }

    static int one(Client& client) { return client.call(invoke<int>("one")).value(); }

    Server server;
};

TEST_F(ClientResolver, NamesAreResolved) {
    Client client{at("localhost")};
    EXPECT_EQ(one(client), 1);
}

TEST_F(ClientResolver, AnUnknownNameIsSaidToBeOne) {
    Client client{at(kUnknownName)};
    const auto result = client.call(invoke<int>("one"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::resolve_failed);
    EXPECT_EQ(result.error().sent(), Sent::not_sent);
    EXPECT_NE(result.error().message().find("cannot resolve 'unknown.test'"), std::string::npos);
}

TEST_F(ClientResolver, EachAddressIsTried) {
    // The server listens on 127.0.0.1 only, which comes second.
    Client client{at(kTwoAddressesName)};
    EXPECT_EQ(one(client), 1);
    EXPECT_EQ(client.counters().failed_connects, 0U);

    const Endpoint closed = tests::RawListener{}.endpoint();
    Client refused{Endpoint{kTwoAddressesName, closed.port()}};
    const auto result = refused.call(invoke<int>("one"));
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message().find("127.0.0.2:"), std::string::npos);
    EXPECT_NE(result.error().message().find("127.0.0.1:"), std::string::npos);
}

TEST_F(ClientResolver, AConnectionToItselfIsRefused) {
    const Endpoint closed = tests::RawListener{}.endpoint();
    const tests::SelfConnecting themselves{closed};
    Client client{closed, impatient()};
    const auto result = client.call(invoke<int>("one"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::connect_failed) << result.error().to_string();
    EXPECT_GE(tests::SelfConnecting::count(), 1);
    EXPECT_EQ(client.counters().connects, 0U);
}

// One test, because what hangs goes on hanging until it is released, at the end.
TEST_F(ClientResolver, ANameThatHangsHarmsNobodyElse) {
    tests::hold_hung_lookups();
    std::optional<Client> hung{std::in_place, at(kHungName)};
    const TimePoint begin = SteadyClock::now();
    const auto late = hung->call(invoke<int>("one").within(200ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timed_out);
    EXPECT_LT(SteadyClock::now() - begin, 2s);

    // Many attempts, of many clients, take one thread of the resolver.
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(std::make_unique<Client>(at(kHungName), impatient()));
        for (int j = 0; j < 2; ++j) {
            const auto result = clients.back()->call(invoke<int>("one"));
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code(), Errc::connect_failed);
            EXPECT_EQ(result.error().sent(), Sent::not_sent);
            EXPECT_NE(result.error().message().find("not resolved in time"), std::string::npos);
        }
    }
    EXPECT_EQ(tests::hung_lookups(), 1);

    Client literal{at("127.0.0.1")};
    EXPECT_EQ(one(literal), 1);
    Client named{at("localhost")};
    EXPECT_EQ(one(named), 1);

    const TimePoint destroying = SteadyClock::now();
    hung.reset();
    clients.clear();
    EXPECT_LT(SteadyClock::now() - destroying, 2s);

    // The answer comes back to clients and to a thread that are gone.
    {
        ClientOptions options = impatient();
        options.io = IoThreads{1};
        Client last{at(kHungName), options};
        EXPECT_FALSE(last.call(invoke<int>("one")));
    }
    tests::release_hung_lookups();
    Client again{at(kHungName)};
    EXPECT_TRUE(eventually([&] {
        const auto result = again.call(invoke<int>("one"));
        return !result && result.error().code() == Errc::resolve_failed;
    }));
}

void exit_with_a_hung_lookup() {
    Client client{Endpoint{kHungName, 1}, impatient()};
    const auto result = client.call(invoke<int>("one").within(10s));
    if (result || tests::hung_lookups() != 1) std::exit(EXIT_FAILURE);
    std::exit(EXIT_SUCCESS);
}

// In a process of its own, whose resolver has no thread yet.
void resolve_with_and_without_threads() {
    Server server;
    server.handle("one", [] { return 1; });
    server.start();
    const Endpoint endpoint{"localhost", server.endpoint().port()};
    Client client{endpoint, impatient()};
    std::optional<Result<int>> without;
    {
        const tests::NoThreads none;
        without = client.call(invoke<int>("one"));
    }
    if (*without || without->error().code() != Errc::resolve_failed) std::exit(EXIT_FAILURE);
    if (without->error().message().find("no thread") == std::string::npos) std::exit(EXIT_FAILURE);
    const auto with = client.call(invoke<int>("one"));
    std::exit(with ? EXIT_SUCCESS : EXIT_FAILURE);
}

TEST(ClientResolverProcess, ANameIsResolvedOnceThreadsCanBeStartedAgain) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(resolve_with_and_without_threads(), testing::ExitedWithCode(EXIT_SUCCESS), "");
}

TEST(ClientResolverProcess, EndsAlthoughALookupHangs) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const TimePoint begin = SteadyClock::now();
    EXPECT_EXIT(exit_with_a_hung_lookup(), testing::ExitedWithCode(EXIT_SUCCESS), "");
    EXPECT_LT(SteadyClock::now() - begin, 10s);
}

}  // namespace
}  // namespace rollcall::rpc
