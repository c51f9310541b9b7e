#include "stream_traffic.h"

#include "contract.h"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>

#include <exception>

namespace rollcall::soak {
namespace {

constexpr int kItems = 200;
constexpr int kItemsSum = kItems * (kItems + 1) / 2;
constexpr int kRounds = 20;

asio::awaitable<bool> read_all(rpc::Client& client) {
    auto numbers = client.open(kCount(kItems));
    int sum = 0;
    while (auto number = (co_await numbers.async_read()).value())
        sum += *number;
    co_return sum == kItemsSum;
}

asio::awaitable<bool> write_all(rpc::Client& client) {
    auto numbers = client.open(kSum());
    for (int i = 1; i <= kItems; ++i)
        (co_await numbers.async_write(i)).value();
    Result<int> sum = co_await numbers.async_finish();
    co_return sum.value() == kItemsSum;
}

asio::awaitable<bool> talk(rpc::Client& client) {
    auto both = client.open(kTwice());
    for (int i = 0; i < kRounds; ++i) {
        (co_await both.async_write(i)).value();
        if ((co_await both.async_read()).value() != 2 * i) co_return false;
    }
    both.finish_writing();
    co_return (co_await both.async_read()).value() == std::nullopt;
}

asio::awaitable<bool> give_up(rpc::Client& client) {
    auto numbers = client.open(kEndless());
    for (int i = 0; i < kRounds; ++i) {
        if ((co_await numbers.async_read()).value() != i) co_return false;
    }
    co_return true;  // the handle goes, and with it the stream
}

asio::awaitable<bool> stream(rpc::Client& client, std::uint64_t number) {
    switch (number % 4) {
        case 0:
            return read_all(client);
        case 1:
            return write_all(client);
        case 2:
            return talk(client);
        default:
            return give_up(client);
    }
}

}  // namespace

void start_stream(
    rpc::Client& client,
    const asio::any_io_executor& executor,
    std::uint64_t number,
    const Ticket& ticket
) {
    asio::co_spawn(
        executor,
        stream(client, number),
        [ticket](std::exception_ptr error, bool right) {
            if (!error) return right ? ticket.end() : ticket.fail("wrong items");
            try {
                std::rethrow_exception(error);
            } catch (const std::exception& thrown) {
                ticket.fail(thrown.what());
            }
        }
    );
}

}  // namespace rollcall::soak
