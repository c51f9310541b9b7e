// Handlers of every kind, what they return and throw, and how they may be added.

#include "server_harness.h"

#include <asio/dispatch.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <stdexcept>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

// A user's types, one of which cannot be made and one that cannot be read.
struct NeverMade {
    NeverMade() { throw std::runtime_error{"cannot be made"}; }

    int value = 0;
    MSGPACK_DEFINE(value)
};

struct Picky {
    int value = 0;

    void msgpack_unpack(const msgpack::object&) { throw 7; }

    template <class Packer>
    void msgpack_pack(Packer&) const {
        throw std::runtime_error{"cannot be packed"};
    }
};

namespace {

int free_function(int a, int b) {
    return a - b;
}

int free_noexcept(int a) noexcept {
    return -a;
}

struct Service {
    int add(int n) { return total += n; }

    [[nodiscard]] std::string name(const std::string& prefix) const { return prefix + "service"; }

    asio::awaitable<Result<int>> half(int n) {
        if (n % 2 != 0) co_return Error{Errc::invalid_arguments, "odd"};
        co_return n / 2;
    }

    int total = 0;
};

class Handlers : public testing::Test {
protected:
    template <class R, class... Args>
    Result<R> call(std::string_view method, const Args&... arguments) {
        if (!client) {
            server.start();
            client.emplace(server.endpoint());
        }
        return client->call(invoke<R>(method, arguments...));
    }

    template <class R, class... Args>
    std::string error_of(std::string_view method, const Args&... arguments) {
        const auto failed = call<R>(method, arguments...);
        if (failed) return "no error";
        return std::string{name_of(failed.error().code())} + ": " + failed.error().message();
    }

    Service service;
    Server server;
    std::optional<Client> client;
};

TEST_F(Handlers, OfEveryKind) {
    server.handle("free", free_function);
    server.handle("noexcept", free_noexcept);
    server.handle("capture", [base = std::string{"b"}](std::string_view s) {
        return base + std::string{s};
    });
    server.handle("mutable", [n = 0]() mutable { return ++n; });
    server.handle("add", &Service::add, service);
    server.handle("name", &Service::name, service);
    server.handle("half", &Service::half, service);
    server.handle("std_function", std::function<int(int)>{[](int n) { return n + 1; }});
    server.handle("nothing", [] {});
    server.handle("result_void", [](bool ok) -> Result<void> {
        if (!ok) return Error{Errc::unavailable, "no"};
        return {};
    });
    server.handle("void_coroutine", []() -> asio::awaitable<void> { co_return; });
    server.handle("containers", [](const std::map<std::string, std::vector<double>>& all) {
        return all.size();
    });
    EXPECT_EQ(call<int>("free", 5, 3).value(), 2);
    EXPECT_EQ(call<int>("noexcept", 5).value(), -5);
    EXPECT_EQ(call<std::string>("capture", "x").value(), "bx");
    EXPECT_EQ(call<int>("mutable").value(), 1);
    EXPECT_EQ(call<int>("mutable").value(), 2);
    EXPECT_EQ(call<int>("add", 4).value(), 4);
    EXPECT_EQ(call<int>("add", 4).value(), 8);
    EXPECT_EQ(call<std::string>("name", "a ").value(), "a service");
    EXPECT_EQ(call<int>("half", 8).value(), 4);
    EXPECT_EQ(error_of<int>("half", 7), "invalid_arguments: odd");
    EXPECT_EQ(call<int>("std_function", 1).value(), 2);
    EXPECT_TRUE(call<void>("nothing"));
    EXPECT_TRUE(call<void>("result_void", true));
    EXPECT_EQ(error_of<void>("result_void", false), "unavailable: no");
    EXPECT_TRUE(call<void>("void_coroutine"));
    const std::map<std::string, std::vector<double>> one{{"k", {1.5}}};
    EXPECT_EQ(call<std::size_t>("containers", one).value(), 1U);
}

TEST_F(Handlers, ThatAreGenericHaveTheSignatureOfTheContract) {
    constexpr Method<int(int, std::string)> contract{"contract"};
    constexpr Method<std::size_t(std::string_view)> of_view{"of_view"};
    const auto size = [](const auto& text) { return text.size(); };
    server.handle(contract, [](auto n, const auto& text) {
        return n + static_cast<int>(text.size());
    });
    EXPECT_THROW(server.handle(of_view, size, {.run = RunOn::pool}), std::invalid_argument);
    server.handle(of_view, size);
    EXPECT_EQ(call<int>("contract", 40, "ab").value(), 42);
    EXPECT_TRUE(error_of<int>("contract", "ab", 40).starts_with("invalid_arguments"));
    EXPECT_EQ(call<std::size_t>("of_view", "abc").value(), 3U);
}

TEST_F(Handlers, WhatTheyThrowBecomesAnErrorReply) {
    const auto add_throwers = [&](const std::string& prefix, auto wrap, RunOn run) {
        server.handle(prefix + "std", wrap([] { throw std::runtime_error{"why"}; }), {.run = run});
        server.handle(prefix + "int", wrap([] { throw 7; }), {.run = run});
        server.handle(
            prefix + "call_error",
            wrap([] {
                throw CallError{Error{Errc::overloaded, "busy"}};
            }),
            {.run = run}
        );
        // What went wrong with a call of its own is, to its caller, its failure.
        server.handle(
            prefix + "transport",
            wrap([] {
                throw CallError{Error{Errc::connect_failed, "refused"}};
            }),
            {.run = run}
        );
    };
    const auto plain = [](auto thrower) {
        return [thrower]() -> int {
            thrower();
            return 0;
        };
    };
    const auto coroutine = [](auto thrower) {
        return [thrower]() -> asio::awaitable<int> {
            thrower();
            co_return 0;
        };
    };
    add_throwers("inline_", plain, RunOn::io);
    add_throwers("pool_", plain, RunOn::pool);
    add_throwers("coroutine_", coroutine, RunOn::io);
    add_throwers("pool_coroutine_", coroutine, RunOn::pool);
    for (const std::string prefix : {"inline_", "pool_", "coroutine_", "pool_coroutine_"}) {
        EXPECT_EQ(error_of<int>(prefix + "std"), "handler_failed: why");
        EXPECT_EQ(
            error_of<int>(prefix + "int"), "handler_failed: an exception that is no std::exception"
        );
        EXPECT_EQ(error_of<int>(prefix + "call_error"), "overloaded: busy");
        EXPECT_TRUE(error_of<int>(prefix + "transport").starts_with("handler_failed: "));
    }
}

// A backend's "not executed" passed on would make callers repeat what this handler has done.
TEST_F(Handlers, ErrorsOfTheirOwnCallsAreNoPromisesOfTheirs) {
    for (const Errc code : {Errc::unavailable, Errc::overloaded, Errc::method_not_found}) {
        const std::string name{name_of(code)};
        server.handle(name + " with method", [code]() -> Result<int> {
            return Error{code, "no"}.with_method("debit");
        });
        server.handle(name + " with endpoint", [code]() -> asio::awaitable<int> {
            throw CallError{Error{code, "no"}.with_endpoint("127.0.0.1:1")};
            co_return 0;
        });
        server.handle(name + " as text", [code]() -> Result<int> {
            return Error{Errc::remote_error, std::string{wire_name(code)} + ": disk"};
        });
        server.handle(name, [code]() -> Result<int> { return Error{code, "no"}; });
    }
    server.handle("passed on", []() -> Result<int> {
        return Error{Errc::remote_error, "why"}.with_method("debit");
    });
    server.handle("text", []() -> Result<int> { return Error{Errc::remote_error, "a: b"}; });
    for (const Errc code : {Errc::unavailable, Errc::overloaded, Errc::method_not_found}) {
        const std::string name{name_of(code)};
        for (const char* way : {" with method", " with endpoint", " as text"}) {
            const Error error = call<int>(name + way).error();
            EXPECT_EQ(error.code(), Errc::handler_failed) << error.to_string();
            EXPECT_EQ(error.sent(), Sent::maybe_sent) << error.to_string();
        }
        EXPECT_EQ(
            error_of<int>(name + " as text"),
            "handler_failed: " + std::string{wire_name(code)} + ": disk"
        );
        const Error own = call<int>(name).error();
        EXPECT_EQ(own.code(), code);
        EXPECT_EQ(own.sent(), Sent::not_sent);
    }
    EXPECT_TRUE(error_of<int>("passed on").starts_with("handler_failed: call of 'debit' failed"));
    EXPECT_EQ(error_of<int>("text"), "remote_error: a: b");
}

TEST_F(Handlers, WhatTypesOfTheArgumentsThrowReachesNobodyElse) {
    server.handle("never", [](const NeverMade& n) { return n.value; });
    server.handle("never_pool", [](const NeverMade& n) { return n.value; }, {.run = RunOn::pool});
    server.handle("picky", [](const Picky& p) { return p.value; });
    server.handle("unpackable", [] { return Picky{}; });
    server.handle("unpackable_pool", [] { return Picky{}; }, {.run = RunOn::pool});
    server.handle("good", [](std::string_view text) { return std::string{text}; });
    server.start();
    RawPeer peer{server.endpoint()};
    std::string sent;
    const std::vector<const char*> bad{
        "never", "never_pool", "picky", "unpackable", "unpackable_pool"};
    for (std::uint32_t id = 0; id < bad.size(); ++id) {
        // With one argument, except those that have trouble with their results.
        const bool of_result = std::string_view{bad[id]}.starts_with("unpackable");
        sent += of_result ? request(id, bad[id]) : request(id, bad[id], 1);
        sent += request(100 + id, "good", "text");
    }
    EXPECT_TRUE(peer.send(sent));
    const auto answers = receive_answers(peer, 2 * bad.size());
    ASSERT_EQ(answers.size(), 2 * bad.size());
    for (const Answer& answer : answers)
        EXPECT_EQ(answer.error.empty(), answer.id >= 100) << answer.id << answer.error;
}

TEST_F(Handlers, WrongArgumentsAreNamed) {
    const auto three = [](int, const std::string&, const std::vector<int>&) { return 0; };
    server.handle("io", three);
    server.handle("pool", three, {.run = RunOn::pool});
    server.handle("co", [](int, std::string, std::vector<int>) -> asio::awaitable<int> {
        co_return 0;
    });
    for (const std::string m : {"io", "pool", "co"}) {
        const std::vector<int> list{1};
        EXPECT_EQ(call<int>(m, 1, "a", list).value(), 0);
        const std::string code = "invalid_arguments: ";
        EXPECT_EQ(error_of<int>(m), code + "'" + m + "' takes 3 arguments, got 0");
        EXPECT_EQ(error_of<int>(m, 1, "a"), code + "'" + m + "' takes 3 arguments, got 2");
        EXPECT_EQ(error_of<int>(m, 1, "a", list, 4), code + "'" + m + "' takes 3 arguments, got 4");
        EXPECT_EQ(
            error_of<int>(m, "1", "a", list),
            code + "argument 1 of '" + m + "': expected int, got string"
        );
        EXPECT_EQ(
            error_of<int>(m, 1, 2, list),
            code + "argument 2 of '" + m + "': expected string, got int 2"
        );
        EXPECT_TRUE(error_of<int>(m, 1, "a", std::vector<std::string>{"x"})
                        .starts_with(code + "argument 3 of '" + m + "'"));
        EXPECT_TRUE(error_of<int>(m, std::int64_t{1} << 40, "a", list)
                        .starts_with(code + "argument 1 of '" + m + "': expected int, got "));
    }
}

TEST_F(Handlers, MayNotBeAddedLikeThis) {
    const auto nothing = [] {};
    EXPECT_THROW(server.handle("", nothing), std::logic_error);
    EXPECT_THROW(server.handle("$/x", nothing), std::logic_error);
    EXPECT_THROW(server.handle("$/hello", nothing), std::logic_error);
    EXPECT_NO_THROW(server.handle(std::string(255, 'a'), nothing));
    EXPECT_THROW(server.handle(std::string(256, 'a'), nothing), std::logic_error);
    EXPECT_NO_THROW(server.handle("taken", nothing));
    EXPECT_THROW(server.handle("taken", nothing), std::logic_error);
    EXPECT_THROW(
        server.handle("views", [](std::string_view) {}, {.run = RunOn::pool}), std::invalid_argument
    );
    server.start();
    EXPECT_THROW(server.handle("late", nothing), std::logic_error);
    EXPECT_THROW(server.start(), std::logic_error);
}

TEST_F(Handlers, Introspection) {
    constexpr Method<int(int, std::string)> contract{"contract", idempotent};
    server.handle(contract, [](int, std::string_view) { return 1; });
    server.handle("another", [](double) -> asio::awaitable<void> { co_return; });
    using Row = std::tuple<std::string, std::string, bool>;
    const auto rows = call<std::vector<Row>>("$/methods").value();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0], (Row{"another", "void(double)", false}));
    EXPECT_EQ(rows[1], (Row{"contract", "int(int,string)", true}));
}

TEST(ServerOptionsTest, ThatMakeNoSenseAreRefused) {
    const auto refused = [](auto change) {
        ServerOptions options;
        change(options);
        EXPECT_THROW(Server{options}, std::invalid_argument);
    };
    refused([](ServerOptions& o) { o.listen = "nonsense"; });
    refused([](ServerOptions& o) { o.listen = "127.0.0.1:70000"; });
    refused([](ServerOptions& o) { o.io_threads = 0; });
    refused([](ServerOptions& o) { o.pool_threads = 0; });
    refused([](ServerOptions& o) { o.max_connections = 0; });
    refused([](ServerOptions& o) { o.max_in_flight = 0; });
    refused([](ServerOptions& o) { o.max_request_bytes = 0; });
    refused([](ServerOptions& o) { o.write_queue_high = 0; });
    refused([](ServerOptions& o) { o.write_queue_hard = o.write_queue_high - 1; });
    refused([](ServerOptions& o) { o.limits.max_message_bytes = 0; });
    refused([](ServerOptions& o) { o.max_held_bytes = 2 * o.limits.max_message_bytes - 1; });
    refused([](ServerOptions& o) { o.limits.max_depth = 0; });
    refused([](ServerOptions& o) { o.limits.max_depth = 129; });
    refused([](ServerOptions& o) { o.first_byte_timeout = 0s; });
    refused([](ServerOptions& o) { o.stall_timeout = -1s; });
    refused([](ServerOptions& o) { o.idle_timeout = 0s; });
    refused([](ServerOptions& o) { o.drain_timeout = -1s; });
}

// What a handler gives to its executor is the loop's affair, whether or not it runs at once.
TEST(CoroutineHandlers, AreNotEndedByWhatTheirDispatchedFunctionsThrow) {
    KeptLog log;
    ServerOptions options;
    options.log = log.log();
    Server server{options};
    server.handle("dispatch", []() -> asio::awaitable<int> {
        const auto executor = co_await asio::this_coro::executor;
        asio::dispatch(executor, [] { throw std::runtime_error{"not the handler's"}; });
        co_return 1;
    });
    server.start();
    Client client{server.endpoint()};
    EXPECT_EQ(client.call(invoke<int>("dispatch")).value(), 1);
    EXPECT_TRUE(eventually([&] { return log.count(LogLevel::error, "not the handler's") == 1; }));
    EXPECT_EQ(client.call(invoke<int>("dispatch")).value(), 1);
}

}  // namespace
}  // namespace rollcall::rpc::tests
