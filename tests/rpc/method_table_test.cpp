#include "method_table.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rollcall::rpc {
namespace {

std::unique_ptr<Handler> handler(RunOn run = RunOn::io) {
    return make_handler([](int n) { return n; }, HandlerOptions{run});
}

TEST(MethodTable, FindsWhatWasAdded) {
    MethodTable table;
    table.add("one", true, handler());
    table.add("two", false, handler());
    ASSERT_NE(table.find("one"), nullptr);
    EXPECT_EQ(table.find("one")->name, "one");
    EXPECT_TRUE(table.find("one")->idempotent);
    EXPECT_FALSE(table.find("two")->idempotent);
    EXPECT_EQ(table.find("three"), nullptr);
    EXPECT_EQ(table.find(""), nullptr);
    EXPECT_EQ(table.find(std::string_view{"one\0", 4}), nullptr);
}

TEST(MethodTable, RefusesNames) {
    MethodTable table;
    table.add(std::string(255, 'n'), false, handler());
    EXPECT_THROW(table.add(std::string(255, 'n'), false, handler()), std::logic_error);
    EXPECT_THROW(table.add(std::string(256, 'n'), false, handler()), std::logic_error);
    EXPECT_THROW(table.add("", false, handler()), std::logic_error);
    EXPECT_THROW(table.add("$/mine", false, handler()), std::logic_error);
    EXPECT_NO_THROW(table.add("$mine", false, handler()));
}

TEST(MethodTable, SaysWhatWasProbablyMeant) {
    MethodTable table;
    table.add("subtract", false, handler());
    table.add_introspection();
    EXPECT_EQ(table.not_found("subtrac"), "no method 'subtrac'; did you mean 'subtract'?");
    EXPECT_EQ(table.not_found("add"), "no method 'add'");
    EXPECT_EQ(table.not_found("$/method"), "no method '$/method'");  // only the user's own
    table.add("add", false, handler());
    table.add("abc", false, handler());
    EXPECT_EQ(table.not_found("ad"), "no method 'ad'; did you mean 'add'?");
    EXPECT_EQ(table.not_found("ab"), "no method 'ab'; did you mean 'abc'?");
    EXPECT_EQ(table.not_found("\n"), "no method '\\x0a'");
}

TEST(MethodTable, KnowsWhoNeedsThePool) {
    MethodTable table;
    table.add("a", false, handler());
    EXPECT_FALSE(table.needs_pool());
    table.add("b", false, handler(RunOn::pool));
    EXPECT_TRUE(table.needs_pool());
}

}  // namespace
}  // namespace rollcall::rpc
