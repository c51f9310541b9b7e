// What a client does to its process: signals, fork, exit. Each test looks at a process of its own,
// which ends with 0 if all was right.

#include <rollcall/base/signals.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "scripted_connection.h"
#include "support/eventually.h"
#include "support/process_facts.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::RawListener;
using tests::ScriptedConnection;

[[noreturn]] void leave(bool right, const char* what) {
    if (!right) std::fprintf(stderr, "%s\n", what);
    std::exit(right ? EXIT_SUCCESS : EXIT_FAILURE);
}

[[noreturn]] void leave_forked() {
#ifdef __SANITIZE_ADDRESS__
    // The leak check at exit looks for the stacks of the parent's threads, which do not exist here.
    ::_exit(EXIT_SUCCESS);
#else
    leave(true, "");
#endif
}

#define REQUIRE(condition)                          \
    do {                                            \
        if (!(condition)) leave(false, #condition); \
    } while (false)

class ClientProcess : public testing::Test {
protected:
    // The process of each test is started anew, not forked from this one with its threads.
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

std::unique_ptr<Server> make_server() {
    auto server = std::make_unique<Server>();
    server->handle("one", [] { return 1; });
    server->start();
    return server;
}

void write_to_closed_peers() {
    struct sigaction action {};

    REQUIRE(::sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL);
    sigset_t blocked;
    REQUIRE(::pthread_sigmask(SIG_SETMASK, nullptr, &blocked) == 0);
    REQUIRE(::sigismember(&blocked, SIGPIPE) == 0);

    RawListener listener;
    ClientOptions options;
    options.backoff = BackoffOptions{1ms, 2ms, 2.0, 0.5};
    Client client{listener.endpoint(), options};
    const Invocation<void> large = invoke<void>("note", std::string(1U << 20U, 'x'));
    for (int i = 0; i < 20; ++i) {
        client.notify(invoke<void>("note"));
        ScriptedConnection connection{listener};
        for (int j = 0; j < 10; ++j)
            client.notify(large);
        REQUIRE(connection.next().has_value());
        i % 2 == 0 ? connection.peer().reset() : connection.peer().close();
        for (int j = 0; j < 10; ++j)
            client.notify(large);
    }
    REQUIRE(::sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL);
    leave(true, "");
}

TEST_F(ClientProcess, IsNotKilledByWritingToClosedPeers) {
    EXPECT_EXIT(write_to_closed_peers(), testing::ExitedWithCode(EXIT_SUCCESS), "");
}

void take_sigterm() {
    const auto server = make_server();
    Client client{server->endpoint()};
    REQUIRE(client.call(invoke<int>("one")));
    Client named{"localhost:1"};
    static_cast<void>(named.call(invoke<int>("one")));  // starts a thread of the resolver
    int library_threads = 0;
    for (const auto& thread : tests::threads()) {
        if (!thread.name.starts_with("rollcall")) continue;
        ++library_threads;
        for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD, SIGALRM})
            REQUIRE(thread.blocks(signal));
    }
    REQUIRE(library_threads >= 3);
    hold_signals();
    REQUIRE(::kill(::getpid(), SIGTERM) == 0);
    REQUIRE(wait_for_signal() == SIGTERM);
    REQUIRE(client.call(invoke<int>("one")));
    leave(true, "");
}

// The name of the first thread is the program's, so only the library's are looked at.
TEST_F(ClientProcess, SignalsGoToTheProgramAndNotToTheLibrarysThreads) {
    EXPECT_EXIT(take_sigterm(), testing::ExitedWithCode(EXIT_SUCCESS), "");
}

void fork_with_a_client_in_use() {
    const auto server = make_server();
    auto io = std::make_unique<IoThreads>(1);
    ClientOptions options;
    options.io = *io;
    auto client = std::make_unique<Client>(server->endpoint(), options);
    auto shared = std::make_unique<Client>(server->endpoint());
    REQUIRE(client->call(invoke<int>("one")));
    REQUIRE(shared->call(invoke<int>("one")));
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        client.reset();
        shared.reset();
        io.reset();
        options = ClientOptions{};
        leave_forked();
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    REQUIRE(client->call(invoke<int>("one")));
    REQUIRE(shared->call(invoke<int>("one")));
    REQUIRE(client->counters().connects == 1 && shared->counters().connects == 1);
    client.reset();
    shared.reset();
    leave(true, "");
}

TEST_F(ClientProcess, AForkedChildMayDestroyWhatTheParentGoesOnUsing) {
    EXPECT_EXIT(fork_with_a_client_in_use(), testing::ExitedWithCode(EXIT_SUCCESS), "");
}

void exit_with_a_client_in_use() {
    RawListener listener;
    // Neither is destroyed: exit() runs with the threads at work.
    static Client* const client = new Client{listener.endpoint()};
    client->async_call(invoke<int>("silence"), [](const Result<int>&) {});
    const ScriptedConnection connection{listener};
    leave(true, "");
}

TEST_F(ClientProcess, ExitWithCallsUnderWay) {
    EXPECT_EXIT(exit_with_a_client_in_use(), testing::ExitedWithCode(EXIT_SUCCESS), "");
}

}  // namespace
}  // namespace rollcall::rpc
