// 05: types of your own whose members are named: MSGPACK_DEFINE says which travel, in which form.
// Containers, optionals and maps of them work too. Plain structs need no macro: see 15_types.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <msgpack.hpp>

#include <map>
#include <string>
#include <vector>

namespace rpc = rollcall::rpc;

namespace shop {

struct Item {
    std::string name;
    int cents = 0;
    int count = 1;
    MSGPACK_DEFINE(name, cents, count)  // an array on the wire: small; only append members
};

struct Order {
    std::string customer;
    std::vector<Item> items;
    std::map<std::string, std::string> notes;
    MSGPACK_DEFINE_MAP(customer, items, notes)  // a map with names: bigger, members may come and go
};

inline constexpr rpc::Method<int(Order)> price{"price"};
inline constexpr rpc::Method<std::vector<Item>(std::string)> catalogue{"catalogue"};

}  // namespace shop

int main() {
    lesson::Lesson lesson;

    rpc::Server server;
    server.handle(shop::price, [](const shop::Order& order) {
        int cents = 0;
        for (const shop::Item& item : order.items)
            cents += item.cents * item.count;
        return cents;
    });
    server.handle(shop::catalogue, [](const std::string& kind) {
        return std::vector<shop::Item>{{kind + " small", 300, 1}, {kind + " large", 500, 1}};
    });
    server.start();
    rpc::Client client{server.endpoint()};

    const shop::Order order{"Ada", {{"pencil", 120, 3}, {"paper", 450, 1}}, {{"wrap", "red"}}};
    const int cents = client.call(shop::price(order)).value();
    lesson.show(cents == 810, "the order costs " + std::to_string(cents) + " cents");

    const auto items = client.call(shop::catalogue("pencil")).value();
    for (const shop::Item& item : items)
        lesson.show(item.cents > 0, item.name + " at " + std::to_string(item.cents));

    // Something else than an order is refused before the handler runs.
    const auto refused = client.call(rpc::invoke<int>("price", "a string"));
    lesson.show(!refused, refused.error().to_string());
    return lesson.exit_status();
}
