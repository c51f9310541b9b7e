// Registrars and discoveries that meet in Redis.
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/registry/connect.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/server.h>

#include "registry/redis_program.h"
#include "support/eventually.h"
#include "support/kept_log.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>

namespace rollcall {
namespace {

using namespace std::chrono_literals;
using registry::Registrar;
using tests::eventually;
using tests::RedisProgram;

struct Member {
    explicit Member(const std::string& url) : server(std::make_unique<rpc::Server>()) {
        server->handle("port", [this] { return static_cast<int>(server->endpoint().port()); });
        server->start();
        registry::RegistrarOptions options;
        options.service = "calculator";
        options.server = server->endpoint();
        registrar = std::make_unique<Registrar>(url, options);
    }

    std::unique_ptr<rpc::Server> server;
    std::unique_ptr<Registrar> registrar;
};

discovery::RegistryDiscovery watching(const std::string& url) {
    discovery::RegistryDiscoveryOptions options;
    options.refresh = 60s;  // so it is the watch that tells
    return discovery::RegistryDiscovery{url, "calculator", options};
}

std::size_t known(const discovery::RegistryDiscovery& found) {
    const auto list = found.get_all();
    return list ? list->size() : 0;
}

TEST(RedisDiscovery, ServersAreFoundCalledAndMissedAtOnce) {
    const RedisProgram redis;
    const std::string url = redis.url() + "?ttl=30";
    const auto found = watching(url);
    Member first{url};
    discovery::ServiceClient client{found};
    const auto call = [&] { return client.call(rpc::invoke<int>("port").within(10s)); };
    EXPECT_EQ(call().value(), first.server->endpoint().port());
    {
        Member second{url};
        EXPECT_TRUE(eventually([&] { return known(found) == 2; }, 10s));
        second.registrar->stop();
        EXPECT_TRUE(eventually([&] { return known(found) == 1; }, 10s))
            << redis.ask({"ZRANGE", "rollcall:calculator", "0", "-1"});
        second.server->stop();
    }
    EXPECT_EQ(call().value(), first.server->endpoint().port());
}

// FLUSHALL, or a pause of Redis that was longer than the leases: it is the same process as before,
// so the empty list was believed at once.
TEST(RedisDiscovery, AListThatBecomesEmptyWithoutAGoodbyeIsHeld) {
    const RedisProgram redis;
    const std::string url = redis.url() + "?ttl=0.6";
    auto announcer = registry::connect(url).value().announcer;
    registry::Instance instance;
    instance.service = "calculator";
    instance.id = "a";
    instance.address = "127.0.0.1";
    instance.port = 9000;
    tests::KeptLog log;
    discovery::RegistryDiscoveryOptions options;
    options.refresh = 200ms;
    options.log = log.log();
    ASSERT_TRUE(announcer->announce({instance}, Deadline::in(5s)));
    const discovery::RegistryDiscovery found{url, "calculator", options};
    EXPECT_TRUE(eventually([&] { return known(found) == 1; }));
    redis.ask({"FLUSHALL"});
    EXPECT_TRUE(eventually([&] { return log.count("lists nothing", LogLevel::warning) == 1; }));
    EXPECT_EQ(known(found), 1U);
    EXPECT_TRUE(eventually([&] {
        EXPECT_TRUE(announcer->announce({instance}, Deadline::in(5s)));
        return log.count("is renewed again", LogLevel::warning) == 1;
    }));
    // And now it just runs out.
    EXPECT_TRUE(eventually([&] { return log.count("lists nothing", LogLevel::warning) == 2; }));
    EXPECT_EQ(known(found), 1U);
}

TEST(RedisDiscovery, CallsGoOnWhileRedisIsAwayAndWhenItComesBackEmpty) {
    RedisProgram redis;
    const std::string url = redis.url() + "?ttl=0.6";
    const auto found = watching(url);
    Member first{url};
    discovery::ServiceClient client{found};
    const auto call = [&] { return client.call(rpc::invoke<int>("port").within(10s)); };
    ASSERT_TRUE(call());
    const auto calls_go_on = [&] {
        const Deadline end = Deadline::in(500ms);
        return eventually([&] {
            const auto reply = call();
            EXPECT_TRUE(reply) << reply.error().to_string();
            return end.expired();
        });
    };
    redis.process().signal(SIGSTOP);
    EXPECT_TRUE(calls_go_on());
    redis.process().signal(SIGCONT);
    redis.process().kill();
    EXPECT_TRUE(calls_go_on());
    redis.restart();
    EXPECT_TRUE(calls_go_on());
    // Listed anew, and watched anew.
    Member second{url};
    EXPECT_TRUE(eventually([&] { return known(found) == 2; }));
}

}  // namespace
}  // namespace rollcall
