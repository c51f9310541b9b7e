// Streams in each direction, between a server and a client of ours.

#include "streams_fixture.h"

namespace rollcall::rpc::tests {
namespace {

class Streams : public StreamsTest {};

TEST_F(Streams, BringsEachItemInOrderAndThenTheEnd) {
    start();
    auto numbers = client->open(count_to(1000));
    for (int i = 1; i <= 1000; ++i) {
        const auto next = numbers.read();
        ASSERT_TRUE(next) << next.error().to_string();
        ASSERT_EQ(*next, i);
    }
    EXPECT_EQ(numbers.read().value(), std::nullopt);
    EXPECT_EQ(numbers.read().value(), std::nullopt);  // and again
}

TEST_F(Streams, IsARangeForWhoMayBlock) {
    start();
    auto numbers = client->open(range_to(5));
    std::vector<int> seen_numbers;
    for (const int number : numbers)
        seen_numbers.push_back(number);
    EXPECT_EQ(seen_numbers, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST_F(Streams, ThrowsTheErrorOutOfTheRange) {
    start();
    auto numbers = client->open(fail_after(3));
    int items = 0;
    const auto read_all = [&] {
        for (const int number : numbers)
            items = number;
    };
    EXPECT_THROW(read_all(), CallError);
    EXPECT_EQ(items, 3);
}

TEST_F(Streams, BringsWhatWasWrittenBeforeAnError) {
    start();
    auto numbers = client->open(fail_after(100));
    for (int i = 1; i <= 100; ++i)
        ASSERT_EQ(numbers.read().value(), i);
    const auto end = numbers.read();
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code(), Errc::remote_error);
    EXPECT_EQ(end.error().message(), "no more of this");
    EXPECT_EQ(end.error().method(), "fail_after");
}

TEST_F(Streams, TakesItemsAndAnswersOnce) {
    start();
    auto adding = client->open(sum());
    for (int i = 1; i <= 1000; ++i)
        ASSERT_TRUE(adding.write(i));
    EXPECT_EQ(adding.finish().value(), 500500);
    const auto late = adding.write(1);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::stream_failed);
}

TEST_F(Streams, MayBeEmptyInEachDirection) {
    start();
    EXPECT_EQ(client->open(count_to(0)).read().value(), std::nullopt);
    EXPECT_EQ(client->open(sum()).finish().value(), 0);
    auto talk = client->open(chat("a"));
    talk.finish_writing();
    EXPECT_EQ(talk.read().value(), std::nullopt);
}

TEST_F(Streams, GoBothWaysAtATime) {
    start();
    auto talk = client->open(chat("echo"));
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(talk.write("line " + std::to_string(i)));
        ASSERT_EQ(talk.read().value(), "echo: line " + std::to_string(i));
    }
    talk.finish_writing();
    EXPECT_EQ(talk.read().value(), std::nullopt);
}

TEST_F(Streams, CarryItemsLargerThanEveryWindow) {
    start();
    auto talk = client->open(chat(""));
    const std::string large(5U << 20U, 'l');
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(talk.write(large));
        const auto back = talk.read();
        ASSERT_TRUE(back) << back.error().to_string();
        ASSERT_TRUE(**back == ": " + large);
    }
}

asio::awaitable<int> read_all(Client& client, int n) {
    auto numbers = client.open(count_to(n));
    int total = 0;
    while (auto number = (co_await numbers.async_read()).value())
        total += *number;
    auto adding = client.open(sum());
    for (int i = 0; i < n; ++i)
        (co_await adding.async_write(1)).value();
    co_return total + (co_await adding.async_finish()).value();
}

// A read that began before the request was sent was forgotten, and half an item stayed half.
TEST_F(Streams, AReaderWhoWaitsBeforeTheRequestIsSentGetsItemsLargerThanTheWindow) {
    constexpr std::size_t kBytes = std::size_t{300} << 10U;
    start();
    for (int i = 0; i < 20; ++i) {
        // Not connected yet: the read waits before anybody carries the stream.
        Client fresh{client->endpoint()};
        auto items = fresh.open(flood(kBytes).within(std::chrono::seconds{4}));
        const auto item = items.read();
        ASSERT_TRUE(item) << item.error().to_string();
        EXPECT_EQ((*item)->size(), kBytes);
    }
}

TEST_F(Streams, AreReadAndWrittenByCoroutines) {
    start();
    const IoThreads threads{1};
    auto total = asio::co_spawn(threads.executor(), read_all(*client, 5000), asio::use_future);
    EXPECT_EQ(total.get(), 5000 * 5001 / 2 + 5000);
}

TEST_F(Streams, HandlersOnThePoolBlock) {
    Server blocking;
    blocking.handle(
        count_to,
        [](int n, StreamWriter<int> out) {
            for (int i = 1; i <= n; ++i)
                out.write(i).value();
        },
        {.run = RunOn::pool}
    );
    blocking.handle(
        "sum",
        [](StreamReader<int> in) {
            int total = 0;
            while (auto next = in.read().value())
                total += *next;
            return total;
        },
        {.run = RunOn::pool}
    );
    blocking.start();
    Client caller{blocking.endpoint()};
    int last = 0;
    for (const int number : caller.open(count_to(100000)))
        last = number;
    EXPECT_EQ(last, 100000);
    auto adding = caller.open(sum());
    for (int i = 0; i < 100000; ++i)
        ASSERT_TRUE(adding.write(1));
    EXPECT_EQ(adding.finish().value(), 100000);
}

TEST_F(Streams, APlainHandlerOnAnIoThreadIsRefusedWhereItIsAdded) {
    Server wrong;
    const auto blocks = [](int, const StreamWriter<int>&) {};
    EXPECT_THROW(wrong.handle(count_to, blocks), std::invalid_argument);
}

TEST_F(Streams, BlockingOnAnIoThreadIsAnError) {
    start();
    const IoThreads threads{1};
    auto code = asio::co_spawn(
        threads.executor(),
        [](Client* from) -> asio::awaitable<Errc> {
            auto numbers = from->open(flood(1));
            for (;;) {
                auto next = numbers.read();
                if (!next) co_return next.error().code();
            }
        }(&*client),
        asio::use_future
    );
    EXPECT_EQ(code.get(), Errc::would_deadlock);
}

TEST_F(Streams, ServersOpenStreamsOfTheirClients) {
    Seen at_client;
    Server asking;
    asking.handle(
        "ask",
        [](Context& context) {
            auto adding = context.peer().open(sum());
            for (const int number : context.peer().open(count_to(100)))
                adding.write(number).value();
            return adding.finish().value();
        },
        {.run = RunOn::pool}
    );
    asking.start();
    Client asked{asking.endpoint()};
    add_streams(asked, at_client);
    // Ids of both sides may be the same: many at once, both ways.
    for (int i = 0; i < 20; ++i)
        ASSERT_EQ(asked.call(invoke<int>("ask")).value(), 5050);
}

TEST_F(Streams, AnItemOfAnotherTypeIsAnErrorAndTheNextIsRead) {
    start();
    auto texts = client->open(invoke<Stream<std::string>>("count_to", 2));
    const auto wrong = texts.read();
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), Errc::invalid_result);
    EXPECT_NE(wrong.error().message().find("item 1 of the stream"), std::string::npos);
    EXPECT_FALSE(texts.read());
    EXPECT_EQ(texts.read().value(), std::nullopt);
}

TEST_F(Streams, WrongArgumentsAreAnsweredBeforeTheHandler) {
    start();
    auto wrong = client->open(invoke<Stream<int>>("count_to", "many"));
    const auto read = wrong.read();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), Errc::invalid_arguments);
    auto unknown = client->open(invoke<Stream<int>>("cuont_to", 1));
    const auto none = unknown.read();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), Errc::method_not_found);
}

TEST_F(Streams, AreNamedInTheListOfMethods) {
    start();
    using Row = std::tuple<std::string, std::string, bool>;
    const auto rows = client->call(invoke<std::vector<Row>>("$/methods")).value();
    EXPECT_NE(std::ranges::find(rows, Row{"count_to", "stream<int>(int)", false}), rows.end());
    EXPECT_NE(std::ranges::find(rows, Row{"sum", "int(stream<int>)", false}), rows.end());
    EXPECT_NE(
        std::ranges::find(rows, Row{"chat", "stream<string>(string,stream<string>)", false}),
        rows.end()
    );
}

}  // namespace
}  // namespace rollcall::rpc::tests
