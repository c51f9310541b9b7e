// The example server as a process: what it prints, refuses and does at its end.
#include <rollcall/rpc/client.h>

#include "cluster.h"

#include <asio/use_future.hpp>

#include <csignal>

namespace rollcall::tests {
namespace {

Finished calculator(Words options) {
    options.insert(options.begin(), program("calculator-server"));
    return run(std::move(options));
}

TEST(CalculatorServer, SaysThatItsPortIsTaken) {
    const CalculatorProgram first;
    const Finished second = calculator({"--listen", first.endpoint()});
    EXPECT_EQ(second.status, (ExitStatus{1, 0}));
    EXPECT_NE(second.errors.find(first.endpoint()), std::string::npos) << second.errors;
}

TEST(CalculatorServer, RefusesWhatItDoesNotUnderstand) {
    for (const Words& words :
         {Words{"--nonsense"},
          Words{"--listen", "nowhere"},
          Words{"--io-threads", "0"},
          Words{"--io-threads", "257"},
          Words{"--registry", "nonsense"},
          Words{"--token-file", "/nowhere"},
          Words{"--service", "no such name!", "--registry", "http://127.0.0.1:1"}}) {
        const Finished finished = calculator(words);
        EXPECT_EQ(finished.status, (ExitStatus{2, 0})) << words[0] << finished.errors;
        EXPECT_NE(finished.errors, "");
    }
    EXPECT_EQ(calculator({"--help"}).status, (ExitStatus{0, 0}));
}

TEST(CalculatorServer, EndsCleanlyOnSigterm) {
    const RegistryProgram registry;
    CalculatorProgram server{CalculatorProgram::in(registry.url())};
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), (ExitStatus{0, 0}));
    EXPECT_EQ(server.process().errors(), "");
}

TEST(CalculatorServer, ASecondSignalEndsItAtOnce) {
    using namespace std::chrono_literals;
    CalculatorProgram server;
    rpc::Client client{server.endpoint()};
    // A call that takes a minute keeps the graceful stop waiting.
    auto slow = client.async_call(rpc::invoke<void>("sleep", 60'000).within(60s), asio::use_future);
    // On the same connection and after it, so the slow one has been read.
    ASSERT_TRUE(client.call(rpc::invoke<std::string>("whoami")));
    server.process().signal(SIGTERM);
    // It listens no more: the first signal has been seen.
    ASSERT_TRUE(eventually([&] {
        rpc::Client late{server.endpoint()};
        return !late.call(rpc::invoke<std::string>("whoami").within(200ms));
    }));
    EXPECT_TRUE(server.process().running());
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), (ExitStatus{-1, SIGTERM}));
    EXPECT_EQ(slow.get().error().sent(), Sent::maybe_sent);
}

TEST(CalculatorServer, RegistersUnderTheNamesItIsGivenEverywhere) {
    const RegistryProgram first;
    const RegistryProgram second;
    const CalculatorProgram server{
        {"--registry",
         first.url(),
         "--registry",
         second.url(),
         "--service",
         "sums",
         "--id",
         "one",
         "--advertise",
         "localhost"}};
    for (const std::string& url : {first.url(), second.url()}) {
        Json list;
        ASSERT_TRUE(eventually([&] {
            list = Json::parse(
                run({program("rollcall"), "instances", "sums", "--json", "--registry", url}).output,
                nullptr,
                false
            );
            return list.size() == 1;
        }));
        EXPECT_EQ(list[0]["id"], "one");
        EXPECT_EQ(list[0]["address"], "localhost");
        EXPECT_EQ(std::to_string(int(list[0]["port"])), server.endpoint().substr(10));
    }
}

}  // namespace
}  // namespace rollcall::tests
