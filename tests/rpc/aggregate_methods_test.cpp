// Plain structs as arguments and results: every kind of handler, every way to call.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

enum class Currency { euro, dollar };

struct Item {
    std::string name;
    int cents = 0;
};

struct Order {
    int id = 0;
    std::vector<Item> items;
    std::optional<Currency> currency;
};

struct Quote {
    int cents = 0;
    Currency currency = Currency::euro;
    std::string customer = "somebody, whose name is too long to be kept inside of a string";
};

// The same bytes as an Item, without a copy.
struct Glance {
    std::string_view name;
    int cents = 0;
};

constexpr Method<Quote(Order)> kQuote{"quote", idempotent};
constexpr Method<std::size_t(Glance)> kNameSize{"name_size"};
constexpr Method<std::size_t(std::span<const std::byte>)> kSize{"size"};

Quote quote(const Order& order) {
    Quote quote;
    for (const Item& item : order.items)
        quote.cents += item.cents;
    quote.currency = order.currency.value_or(Currency::euro);
    return quote;
}

const Order kOrder{7, {{"tea", 250}, {"cup", 400}}, Currency::dollar};

class AggregateMethods : public testing::Test {
protected:
    void start() {
        server.start();
        client.emplace(server.endpoint());
    }

    void expect_quote(const Result<Quote>& result) {
        ASSERT_TRUE(result) << result.error().to_string();
        EXPECT_EQ(result->cents, 650);
        EXPECT_EQ(result->currency, Currency::dollar);
    }

    Server server;
    std::optional<Client> client;
};

TEST_F(AggregateMethods, InlineHandler) {
    server.handle(kQuote, quote);
    start();
    expect_quote(client->call(kQuote(kOrder)));
    expect_quote(client->call(kQuote({7, {{"tea", 250}, {"cup", 400}}, Currency::dollar})));
    expect_quote(client->async_call(kQuote(kOrder), asio::use_future).get());
    expect_quote(client->call(invoke<Quote>("quote", kOrder)));
}

TEST_F(AggregateMethods, PoolHandler) {
    server.handle(kQuote, quote, {.run = RunOn::pool});
    start();
    expect_quote(client->call(kQuote(kOrder)));
}

TEST_F(AggregateMethods, CoroutinesOnBothSides) {
    server.handle(kQuote, [](Order order) -> asio::awaitable<Quote> { co_return quote(order); });
    start();
    asio::io_context context;
    const auto ask = [](Client& caller) -> asio::awaitable<Result<Quote>> {
        // Named: g++ 12 destroys temporaries of a co_await expression twice.
        const Order order = kOrder;
        co_return co_await caller.async_call(kQuote(order));
    };
    std::future<Result<Quote>> asked = asio::co_spawn(context, ask(*client), asio::use_future);
    context.run();
    expect_quote(asked.get());
}

TEST_F(AggregateMethods, GenericHandlerAndOneThatMayFail) {
    server.handle(kQuote, [](const auto& order) { return quote(order); });
    server.handle("checked", [](const Order& order) -> Result<Quote> {
        if (order.items.empty()) return Error{Errc::invalid_arguments, "nothing ordered"};
        return quote(order);
    });
    start();
    expect_quote(client->call(kQuote(kOrder)));
    expect_quote(client->call(invoke<Quote>("checked", kOrder)));
    EXPECT_EQ(client->call(invoke<Quote>("checked", Order{})).error().message(), "nothing ordered");
}

TEST_F(AggregateMethods, ErrorsNameTheMember) {
    server.handle(kQuote, quote);
    start();
    using Loose = std::tuple<int, std::vector<std::tuple<std::string, std::string>>>;
    const auto failed = client->call(invoke<Quote>("quote", Loose{7, {{"tea", "cheap"}}}));
    EXPECT_EQ(failed.error().code(), Errc::invalid_arguments);
    EXPECT_EQ(
        failed.error().message(),
        "argument 1 of 'quote': Order, member 2: Item, member 2: expected int, got string"
    );
    const auto wrong = client->call(invoke<Item>("quote", kOrder));
    EXPECT_EQ(wrong.error().message(), "the result: Item, member 1: expected string, got int 650");
}

TEST_F(AggregateMethods, HaveReadableSignatures) {
    server.handle(kQuote, quote);
    start();
    using Row = std::tuple<std::string, std::string, bool>;
    const auto rows = client->call(invoke<std::vector<Row>>("$/methods")).value();
    EXPECT_EQ(rows.at(0), (Row{"quote", "Quote(Order)", true}));
}

TEST_F(AggregateMethods, ViewsAreForInlineHandlers) {
    server.handle(kNameSize, [](const Glance& glance) { return glance.name.size(); });
    server.handle(kSize, [](std::span<const std::byte> bytes) { return bytes.size(); });
    EXPECT_THROW(
        server.handle("pool", [](const Glance&) {}, {.run = RunOn::pool}), std::invalid_argument
    );
    EXPECT_THROW(
        server.handle("pool", [](std::vector<std::span<const unsigned char>>) {}, {RunOn::pool}),
        std::invalid_argument
    );
    start();
    EXPECT_EQ(client->call(kNameSize({"a name", 1})).value(), 6U);
    EXPECT_EQ(client->call(invoke<std::size_t>("name_size", Item{"a name", 1})).value(), 6U);
    const std::vector<std::byte> bytes(100000);
    EXPECT_EQ(client->call(kSize(bytes)).value(), 100000U);
}

}  // namespace
}  // namespace rollcall::rpc
