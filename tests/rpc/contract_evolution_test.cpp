// Old clients of new servers and the reverse, over real connections: each row of the table of types
// in docs/contracts.md, with the texts that it quotes. Methods: contract_methods_test.cpp.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace rollcall::rpc {

// The contract as it was.
namespace was {
enum class Kind : int { book = 1, pen = 2 };
enum class Checked { book = 1, pen = 2 };

constexpr bool rollcall_valid(Checked kind) {
    return kind == Checked::book || kind == Checked::pen;
}

struct Order {
    int id = 0;
    std::string customer;
};

struct Defined {
    int id = 0;
    std::string customer;
    MSGPACK_DEFINE(id, customer)
};

struct ByName {
    int id = 0;
    std::string customer;
    MSGPACK_DEFINE_MAP(id, customer)
};

using Payment = std::variant<int, std::string>;
}  // namespace was

// And in the ways in which it may become another.
namespace is {
enum class Kind : int { book = 1, pen = 2, lamp = 3 };
enum class Wide : std::int64_t { lamp = 5'000'000'000 };

namespace with_optional {
struct Order {
    int id = 0;
    std::string customer;
    std::optional<std::string> note;
    std::optional<std::vector<int>> codes;
};
}  // namespace with_optional

namespace with_plain {
struct Order {
    int id = 0;
    std::string customer;
    int priority = 5;
};
}  // namespace with_plain

namespace with_marked {
struct Order {
    static constexpr std::size_t rollcall_required = 2;
    int id = 0;
    std::string customer;
    int priority = 5;
};
}  // namespace with_marked

namespace swapped {
struct Order {
    std::string customer;
    int id = 0;
};
}  // namespace swapped

namespace renamed {
struct Purchase {
    int number = 0;
    std::string buyer;
};
}  // namespace renamed

namespace nullable {
struct Order {
    int id = 0;
    std::optional<std::string> customer;
};
}  // namespace nullable

using Payment = std::variant<int, std::string, bool>;
using Reordered = std::variant<std::string, int>;
}  // namespace is

namespace {

using namespace std::chrono_literals;

// What a server that expects a To gets of a client that sends a From.
template <class To, class From>
Result<To> as_argument(const From& sent) {
    constexpr Method<void(From)> kOfClient{"take"};
    constexpr Method<void(To)> kOfServer{"take"};
    std::promise<To> taken;
    Server server;
    server.handle(kOfServer, [&](const To& value) { taken.set_value(value); });
    server.start();
    Client client{server.endpoint()};
    const Result<void> called = client.call(kOfClient(sent));
    if (!called) return called.error();
    return taken.get_future().get();
}

// What a client that expects a To gets of a server that returns a From.
template <class To, class From>
Result<To> as_result(const From& sent) {
    constexpr Method<To()> kOfClient{"give"};
    constexpr Method<From()> kOfServer{"give"};
    Server server;
    server.handle(kOfServer, [&] { return sent; });
    server.start();
    Client client{server.endpoint()};
    return client.call(kOfClient());
}

// Both ways, which must agree.
template <class To, class From>
To passed(const From& sent) {
    const Result<To> taken = as_argument<To>(sent);
    const Result<To> given = as_result<To>(sent);
    EXPECT_TRUE(taken) << taken.error().to_string();
    EXPECT_TRUE(given) << given.error().to_string();
    codec::Buffer one;
    codec::Buffer other;
    codec::pack(one, taken.value());
    codec::pack(other, given.value());
    EXPECT_EQ(one.view(), other.view());
    return taken.value();
}

// Refused both ways with `text`, before the handler runs or after it.
template <class To, class From>
void expect_refused(const From& sent, const std::string& text) {
    const Result<To> taken = as_argument<To>(sent);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), Errc::invalid_arguments);
    EXPECT_EQ(taken.error().message(), "argument 1 of 'take': " + text);
    EXPECT_EQ(taken.error().sent(), Sent::not_sent);
    const Result<To> given = as_result<To>(sent);
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().code(), Errc::invalid_result);
    EXPECT_EQ(given.error().message(), "the result: " + text);
    EXPECT_EQ(given.error().sent(), Sent::maybe_sent);
}

TEST(TypeEvolution, IntegersMayChangeTheirSizeWhileTheValueFits) {
    EXPECT_EQ(passed<std::int64_t>(5), 5);
    EXPECT_EQ(passed<std::int8_t>(std::int64_t{-5}), -5);
    EXPECT_EQ(passed<double>(5), 5.0);
    expect_refused<int>(std::int64_t{5'000'000'000}, "expected int, got int 5000000000");
    expect_refused<unsigned>(-5, "expected uint32, got int -5");
    expect_refused<std::string>(5, "expected string, got int 5");
    expect_refused<int>(1.5, "expected int, got float 1.500000");
}

TEST(TypeEvolution, OptionalMembersAtTheEndSuitEverybody) {
    using New = is::with_optional::Order;
    const New from_old = passed<New>(was::Order{7, "Ada"});
    EXPECT_EQ(from_old.id, 7);
    EXPECT_EQ(from_old.note, std::nullopt);
    EXPECT_EQ(from_old.codes, std::nullopt);
    const was::Order from_new = passed<was::Order>(New{7, "Ada", "soon", {{1, 2}}});
    EXPECT_EQ(from_new.id, 7);
    EXPECT_EQ(from_new.customer, "Ada");
}

TEST(TypeEvolution, PlainMembersAtTheEndSuitOldReadersOnly) {
    EXPECT_EQ(passed<was::Order>(is::with_plain::Order{7, "Ada", 1}).customer, "Ada");
    expect_refused<is::with_plain::Order>(
        was::Order{7, "Ada"}, "expected Order of at least 3 members, got array of 2"
    );
}

TEST(TypeEvolution, MarkedMembersAtTheEndHaveTheirDefaults) {
    EXPECT_EQ(passed<is::with_marked::Order>(was::Order{7, "Ada"}).priority, 5);
    EXPECT_EQ(passed<was::Order>(is::with_marked::Order{7, "Ada", 1}).id, 7);
    EXPECT_EQ(passed<is::with_plain::Order>(is::with_marked::Order{7, "Ada", 1}).priority, 1);
}

TEST(TypeEvolution, NamesOfMembersAndTypesAreNotSent) {
    EXPECT_EQ(passed<is::renamed::Purchase>(was::Order{7, "Ada"}).buyer, "Ada");
}

TEST(TypeEvolution, TheOrderOfMembersIsTheContract) {
    const std::string text = "Order, member 1: expected string, got int 7";
    expect_refused<is::swapped::Order>(was::Order{7, "Ada"}, text);

    // Of equal types nobody notices.
    struct Size {
        int width = 0;
        int height = 0;
    };

    struct Swapped {
        int height = 0;
        int width = 0;
    };

    EXPECT_EQ(passed<Swapped>(Size{1, 2}).height, 1);
}

TEST(TypeEvolution, OptionalInsteadOfPlainIsForReadersFirst) {
    EXPECT_EQ(passed<is::nullable::Order>(was::Order{7, "Ada"}).customer, "Ada");
    EXPECT_EQ(passed<was::Order>(is::nullable::Order{7, "Ada"}).customer, "Ada");
    expect_refused<was::Order>(
        is::nullable::Order{7, std::nullopt}, "Order, member 2: expected string, got nil"
    );
}

TEST(TypeEvolution, MacrosMayGoIfTheyMadeAnArray) {
    EXPECT_EQ(passed<was::Order>(was::Defined{7, "Ada"}).customer, "Ada");
    EXPECT_EQ(passed<was::Defined>(was::Order{7, "Ada"}).customer, "Ada");
    EXPECT_EQ((passed<std::tuple<int, std::string>>(was::Order{7, "Ada"})), (std::tuple{7, "Ada"}));
    expect_refused<was::Order>(was::ByName{7, "Ada"}, "expected Order, got map of 2");
    expect_refused<was::ByName>(
        was::Order{7, "Ada"}, "expected rollcall::rpc::was::ByName, got array of 2"
    );
    expect_refused<std::tuple<int, std::string>>(
        is::with_plain::Order{7, "Ada", 1}, "expected tuple<int,string>, got array of 3"
    );
}

TEST(TypeEvolution, MembersWithMacrosMayBeMissingUnasked) {
    EXPECT_EQ(passed<was::Defined>(std::tuple{7}).id, 7);
    EXPECT_EQ(passed<was::Defined>(std::tuple{7}).customer, "");
    EXPECT_EQ((passed<was::ByName>(std::map<std::string, int>{{"id", 7}, {"more", 1}}).id), 7);
}

TEST(TypeEvolution, NewEnumeratorsArriveAsTheirNumbers) {
    EXPECT_EQ(static_cast<int>(passed<was::Kind>(is::Kind::lamp)), 3);
    EXPECT_EQ(passed<is::Kind>(was::Kind::pen), is::Kind::pen);
    EXPECT_EQ(passed<was::Checked>(is::Kind::pen), was::Checked::pen);
    expect_refused<was::Checked>(is::Kind::lamp, "expected Checked, got int 3");
    expect_refused<was::Kind>(is::Wide::lamp, "expected Kind, got int 5000000000");
}

TEST(TypeEvolution, NewAlternativesAreRefusedByOldReaders) {
    EXPECT_EQ(passed<is::Payment>(was::Payment{"card"}), is::Payment{"card"});
    EXPECT_EQ(passed<was::Payment>(is::Payment{"card"}), was::Payment{"card"});
    expect_refused<was::Payment>(
        is::Payment{true}, "variant<int,string>: expected an index below 2, got int 2"
    );
    expect_refused<is::Reordered>(
        was::Payment{5}, "variant<string,int>, index 0: expected string, got int 5"
    );
}

TEST(TypeEvolution, UnitsAreNotSent) {
    EXPECT_EQ(passed<std::chrono::milliseconds>(5s), 5ms) << "nobody can tell";
    EXPECT_EQ(passed<std::int64_t>(5s), 5);
}

TEST(TypeEvolution, ContainersOfTheSameShapeAreOne) {
    const std::vector<int> list{3, 1, 3};
    EXPECT_EQ(passed<std::deque<int>>(list).size(), 3U);
    EXPECT_EQ(passed<std::set<int>>(list), (std::set<int>{1, 3}));
    EXPECT_EQ((passed<std::array<int, 3>>(list)), (std::array<int, 3>{3, 1, 3}));
    expect_refused<std::array<int, 2>>(list, "expected array<int,2>, got array of 3");
    EXPECT_EQ(passed<std::filesystem::path>(std::string{"a/b"}), "a/b");
    EXPECT_EQ(passed<std::string>(std::vector<char>{'a'}), "a");
}

}  // namespace
}  // namespace rollcall::rpc
