// 15: types without macros. A plain struct is an array of its members in order, an enum its number,
// a duration its ticks, a variant [index, value]; a struct grows by optional members at its end.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rpc = rollcall::rpc;
using rollcall::Result;
using namespace std::chrono_literals;

namespace shop {

enum class Wrap : std::uint8_t { none, paper, box };

// Without this any uint8 would arrive, as its number.
constexpr bool rollcall_valid(Wrap wrap) {
    return wrap <= Wrap::box;
}

struct Card {
    std::string number;
    int expires = 0;
};

struct Voucher {
    std::string code;
};

struct Item {
    std::string name;
    int cents = 0;
};

struct Order {
    std::string customer;
    std::vector<Item> items;
    std::variant<std::monostate, Card, Voucher> payment;  // new alternatives go to the end
    Wrap wrap = Wrap::none;
    std::optional<std::string> note;  // new since last year: old clients do not send it
};

struct Receipt {
    int cents = 0;
    std::chrono::minutes ready_in{0};
};

// What this program's older sister sends: the same Order, before it had a note.
struct OldOrder {
    std::string customer;
    std::vector<Item> items;
    std::variant<std::monostate, Card, Voucher> payment;
    Wrap wrap = Wrap::none;
};

inline constexpr rpc::Method<Receipt(Order)> place{"place"};
inline constexpr rpc::Method<Receipt(OldOrder)> place_of_old{"place"};

}  // namespace shop

namespace {

shop::Receipt sell(const shop::Order& order) {
    int cents = order.wrap == shop::Wrap::box ? 100 : 0;
    for (const shop::Item& item : order.items)
        cents += item.cents;
    if (std::holds_alternative<shop::Voucher>(order.payment)) cents -= 200;
    return {cents, order.note ? 30min : 10min};
}

// With g++ 12 a struct that owns something is built before a co_await expression, not inside it:
// the compiler destroys such temporaries twice.
asio::awaitable<int> buy(rpc::Client& client) {
    const shop::Order order{"Ada", {{"tea", 450}}, shop::Card{"4000", 2030}, shop::Wrap::box, {}};
    const Result<shop::Receipt> receipt = co_await client.async_call(shop::place(order));
    co_return receipt.value().cents;
}

}  // namespace

int main() {
    lesson::Lesson lesson;

    rpc::Server server;
    server.handle(shop::place, sell);
    server.start();
    rpc::Client client{server.endpoint()};

    const shop::Order order{
        "Ada", {{"tea", 450}, {"cup", 800}}, shop::Voucher{"SPRING"}, shop::Wrap::paper, "quick!"};
    const shop::Receipt receipt = client.call(shop::place(order)).value();
    lesson.show(receipt.cents == 1050, "the order costs " + std::to_string(receipt.cents));
    lesson.show(
        receipt.ready_in == 30min,
        "and is ready in " + std::to_string(receipt.ready_in.count()) + " minutes"
    );

    asio::io_context loop;
    int cents = 0;
    asio::co_spawn(loop, buy(client), [&](const std::exception_ptr&, int paid) { cents = paid; });
    loop.run();
    lesson.show(cents == 550, "a coroutine has paid " + std::to_string(cents));

    // An old client knows of no notes, and need not.
    const shop::OldOrder old{"Bob", {{"pen", 120}}, {}, shop::Wrap::none};
    const shop::Receipt for_old = client.call(shop::place_of_old(old)).value();
    lesson.show(for_old.ready_in == 10min, "an order without a note is served too");

    // What does not fit is refused before the handler runs, and the member is named.
    using Loose =
        std::tuple<std::string, std::vector<std::pair<std::string, std::string>>, int, int>;
    const Loose cheap{"Eve", {{"tea", "cheap"}}, 0, 0};
    const auto refused = client.call(rpc::invoke<shop::Receipt>("place", cheap));
    lesson.show(!refused, refused.error().to_string());

    // rollcall methods HOST:PORT prints the same signature;
    // rollcall call HOST:PORT place '["Ada",[["tea",450]],[2,["SPRING"]],1]' calls it by hand.
    using Row = std::tuple<std::string, std::string, bool>;
    const auto rows = client.call(rpc::invoke<std::vector<Row>>("$/methods")).value();
    lesson.show(std::get<1>(rows.at(0)) == "Receipt(Order)", "place is " + std::get<1>(rows.at(0)));
    return lesson.exit_status();
}
