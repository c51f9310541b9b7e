// Methods of plain structs, called with JSON arrays.
#include <rollcall/rpc/server.h>

#include "support/programs.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rollcall::tests {
namespace {

enum class Wrap { none, box };

struct Item {
    std::string name;
    int cents = 0;
};

struct Order {
    std::string customer;
    std::vector<Item> items;
    std::variant<int, std::string> payment;
    std::optional<Wrap> wrap;
};

struct Quote {
    std::string customer;
    int cents = 0;
    std::optional<Wrap> wrap;
    std::variant<int, std::string> payment;
};

class AggregateCall : public ::testing::Test {
protected:
    AggregateCall() {
        server.handle("quote", [](const Order& order) {
            int cents = 0;
            for (const Item& item : order.items)
                cents += item.cents;
            return Quote{order.customer, cents, order.wrap, order.payment};
        });
        server.start();
    }

    [[nodiscard]] Finished quote(const std::string& argument) const {
        return run({program("rollcall"), "call", server.endpoint().to_string(), "quote", argument});
    }

    rpc::Server server;
};

TEST_F(AggregateCall, TakesAndShowsArrays) {
    const Finished whole = quote(R"(["Ada",[["tea",250],["cup",400]],[1,"card"],1])");
    EXPECT_EQ(whole.output, "[\"Ada\",650,1,[1,\"card\"]]\n") << whole.errors;
    const Finished shorter = quote(R"(["Ada",[],[0,7]])");
    EXPECT_EQ(shorter.output, "[\"Ada\",0,null,[0,7]]\n") << shorter.errors;
}

TEST_F(AggregateCall, SaysWhichMemberIsWrong) {
    const Finished finished = quote(R"(["Ada",[["tea","cheap"]],[0,7]])");
    EXPECT_EQ(finished.status, (ExitStatus{1, 0}));
    EXPECT_NE(
        finished.errors.find(
            "argument 1 of 'quote': Order, member 2: Item, member 2: expected int, got string"
        ),
        std::string::npos
    ) << finished.errors;
}

TEST_F(AggregateCall, MethodsShowsTheSignature) {
    const Finished finished = run({program("rollcall"), "methods", server.endpoint().to_string()});
    EXPECT_NE(finished.output.find("Quote(Order)"), std::string::npos) << finished.output;
}

}  // namespace
}  // namespace rollcall::tests
