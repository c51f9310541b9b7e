// What a call allocates once all is warm: on the server nothing, on the client, be it one of a
// server or of a service, one piece of memory, which is the call itself.

#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>

#include "cost/subject/batch_answerer.h"
#include "cost/subject/batch_caller.h"
#include "cost/subject/call_loop.h"
#include "support/allocation_count.h"

#include <gtest/gtest.h>

#include <thread>

namespace rollcall::tests {
namespace {

constexpr std::size_t kCalls = 12'800;
// Per call, beyond the bound: the loop's own ticks fall into some runs, and a deque that calls pass
// through takes a block for each 64 of them.
constexpr double kSlack = 0.02;

struct Case {
    const char* name;
    std::size_t depth;
    BatchCaller::Form form = BatchCaller::Form::plain;
    BatchCaller::Method method = BatchCaller::Method::add;
};

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
    return info.param.name;
}

// Prints no bytes.
void PrintTo(const Case& given, std::ostream* out) {
    *out << given.depth << " in flight";
}

void expect_at_most(std::size_t allocated, double bound) {
    const double per_call = static_cast<double>(allocated) / static_cast<double>(kCalls);
    EXPECT_LE(per_call, bound + kSlack)
        << "A call allocates " << per_call << " times, the bound is " << bound << ". Find who does "
        << "and take it away: \"What a call costs\" in docs/hacking.md says how.";
    ::testing::Test::RecordProperty("per_call", std::to_string(per_call));
}

// By calls of a client by hand, once the server has what it keeps.
void expect_none(rpc::Server& server, const Case& given) {
    server.start();
    BatchCaller caller{server.endpoint(), given.depth, given.form, given.method};
    caller.exchange(100);
    const std::size_t before = allocations();
    caller.exchange(kCalls / given.depth);
    expect_at_most(allocations() - before, 0);
}

constexpr auto kDeadline = BatchCaller::Form::with_deadline;

class ServerAllocations : public ::testing::TestWithParam<Case> {};

TEST_P(ServerAllocations, PerCall) {
    rpc::Server server;
    server.handle("add", [](int a, int b) {
        count_allocations_here();
        return a + b;
    });
    server.handle("echo", [](std::string_view text) {
        count_allocations_here();
        return text;
    });
    expect_none(server, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    CallCost,
    ServerAllocations,
    ::testing::Values(
        Case{"OneAtATime", 1},
        Case{"Depth128", 128},
        Case{"TextOneAtATime", 1, BatchCaller::Form::plain, BatchCaller::Method::echo},
        Case{"TextDepth128", 128, BatchCaller::Form::plain, BatchCaller::Method::echo},
        Case{"DeadlinesOneAtATime", 1, kDeadline},
        Case{"DeadlinesDepth128", 128, kDeadline},
        Case{"TextWithDeadlinesDepth128", 128, kDeadline, BatchCaller::Method::echo}
    ),
    name_of
);

// The request, whose handler might go on, and its coroutines get memory that the thread keeps.
class CoroutineAllocations : public ::testing::TestWithParam<Case> {};

TEST_P(CoroutineAllocations, PerCall) {
    rpc::Server server;
    server.handle("add", [](int a, int b) -> asio::awaitable<int> {
        count_allocations_here();
        co_return a + b;
    });
    expect_none(server, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    CallCost,
    CoroutineAllocations,
    ::testing::Values(
        Case{"OneAtATime", 1}, Case{"Depth128", 128}, Case{"DeadlinesDepth128", 128, kDeadline}
    ),
    name_of
);

template <class Client>
void expect_one_for_each_call(Client& client, const rpc::IoThreads& io, std::size_t depth) {
    CallLoop calls{client, io, depth};
    asio::post(io.executor(), count_allocations_here);
    ASSERT_TRUE(calls.run(kCalls));
    const std::size_t before = allocations();
    ASSERT_TRUE(calls.run(kCalls));
    expect_at_most(allocations() - before, 1);
}

class ClientAllocations : public ::testing::TestWithParam<Case> {};

TEST_P(ClientAllocations, PerCall) {
    BatchAnswerer answerer{GetParam().depth, BatchAnswerer::Answers::at_once};
    std::jthread answering{[&] { answerer.exchange_all(); }};
    rpc::ClientOptions options;
    options.io = rpc::IoThreads{1};
    rpc::Client client{answerer.endpoint(), options};
    expect_one_for_each_call(client, options.io, GetParam().depth);
}

TEST_P(ClientAllocations, PerCallOfAService) {
    BatchAnswerer answerer{GetParam().depth, BatchAnswerer::Answers::at_once};
    std::jthread answering{[&] { answerer.exchange_all(); }};
    discovery::ServiceClientOptions options;
    options.client.io = rpc::IoThreads{1};
    discovery::ServiceClient client{
        discovery::MultiServersDiscovery{{answerer.endpoint()}}, options};
    expect_one_for_each_call(client, options.client.io, GetParam().depth);
}

INSTANTIATE_TEST_SUITE_P(
    CallCost,
    ClientAllocations,
    ::testing::Values(Case{"OneAtATime", 1}, Case{"Depth128", 128}),
    name_of
);

}  // namespace
}  // namespace rollcall::tests
