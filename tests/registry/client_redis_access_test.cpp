// Redis with a password, and Redis that is a replica.
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/registry/connect.h>

#include "registry/redis_program.h"
#include "support/certificates.h"
#include "support/eventually.h"
#include "support/kept_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::eventually;
using tests::RedisProgram;

Instance calculator() {
    Instance instance;
    instance.service = "calculator";
    instance.id = "a";
    instance.address = "127.0.0.1";
    instance.port = 9000;
    instance.incarnation = "n";
    return instance;
}

TEST(RedisAccess, APasswordIsAskedForAndNeverShown) {
    const RedisProgram redis{{"--requirepass", "p@ss:w/rd"}};
    const auto read = [&](const std::string& url, const AccessOptions& access = {}) {
        return connect(url, access).value().source->read({"calculator"}, Deadline::in(5s));
    };
    const std::string place = redis.endpoint().to_string();
    const auto none = read(redis.url());
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message(), HasSubstr("give the password: redis://:password@host"));
    const auto wrong = read("redis://:secret@" + place);
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message(), HasSubstr("the user or the password of the URL is wrong"));
    EXPECT_THAT(wrong.error().message(), Not(HasSubstr("secret")));
    EXPECT_TRUE(read("redis://:p%40ss%3Aw%2Frd@" + place));
    EXPECT_TRUE(read("redis://default:p%40ss%3Aw%2Frd@" + place + "/3"));
    AccessOptions access;
    access.token = "p@ss:w/rd";
    EXPECT_TRUE(read(redis.url(), access));
    const auto base = read("redis://:p%40ss%3Aw%2Frd@" + place + "/16");
    ASSERT_FALSE(base);
    EXPECT_THAT(base.error().message(), HasSubstr("it has fewer databases"));
}

// The rights that docs/discovery.md asks for are enough, and one less is not.
TEST(RedisAccess, AUserNeedsAFewRights) {
    const RedisProgram redis;
    redis.ask(
        {"ACL",
         "SETUSER",
         "roll",
         "on",
         ">secret",
         "~rollcall:*",
         "&rollcall:*",
         "+eval",
         "+@read",
         "+@write",
         "+@pubsub",
         "+time"}
    );
    const Connection one = connect("redis://roll:secret@" + redis.endpoint().to_string()).value();
    const auto announced = one.announcer->announce({calculator()}, Deadline::in(5s));
    ASSERT_TRUE(announced) << announced.error().message();
    ASSERT_TRUE(one.announcer->renew(Deadline::in(5s)));
    const auto news = one.source->wait({{"calculator", ""}}, 1s, Deadline::in(5s));
    ASSERT_TRUE(news) << news.error().message();
    redis.ask({"ACL", "SETUSER", "roll", "-eval"});
    const auto refused = one.announcer->announce({calculator()}, Deadline::in(5s));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("the user needs ACL rights"));
}

// Redis 7 gives a new user no channels. The list was read and the wait refused, in an endless
// round.
TEST(RedisAccess, AUserWithoutTheChannelsReadsOnTime) {
    const RedisProgram redis;
    redis.ask(
        {"ACL",
         "SETUSER",
         "roll",
         "on",
         ">secret",
         "~rollcall:*",
         "resetchannels",
         "+@read",
         "+@pubsub"}
    );
    const std::string url = "redis://roll:secret@" + redis.endpoint().to_string();
    const Connection one = connect(url).value();
    EXPECT_TRUE(one.source->read({"calculator"}, Deadline::in(5s)));
    const auto refused = one.source->wait({{"calculator", ""}}, 1s, Deadline::in(5s));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::overloaded);
    EXPECT_THAT(refused.error().message(), HasSubstr("the user needs ACL rights"));

    tests::KeptLog log;
    discovery::RegistryDiscoveryOptions options;
    options.refresh = 100ms;
    options.log = log.log();
    const discovery::RegistryDiscovery found{url, "calculator", options};
    const auto count = [&] {
        const auto list = found.snapshot();
        return list ? static_cast<int>(list->instances.size()) : -1;
    };
    EXPECT_TRUE(eventually([&] { return count() == 0; }));
    const Connection other = connect(redis.url()).value();
    (void)other.announcer->announce({calculator()}, Deadline::in(5s)).value();
    EXPECT_TRUE(eventually([&] { return count() == 1; }));
    EXPECT_EQ(log.count("", LogLevel::warning), 0U);
}

TEST(RedisAccess, MayBeEncrypted) {
    tests::Authority authority;
    const tests::IdentityFiles identity = authority.issue();
    const RedisProgram redis{
        {"--port",
         "0",
         "--tls-port",
         "PORT",
         "--tls-cert-file",
         identity.certificate,
         "--tls-key-file",
         identity.key,
         "--tls-ca-cert-file",
         authority.file(),
         "--tls-auth-clients",
         "no"}};
    const std::string url = "rediss://" + redis.endpoint().to_string();
    AccessOptions access;
    access.tls.ca_file = authority.file();
    const Connection one = connect(url, access).value();
    ASSERT_TRUE(one.announcer->announce({calculator()}, Deadline::in(5s)));
    const auto read = one.source->read({"calculator"}, Deadline::in(5s)).value();
    EXPECT_EQ(read.at(0).instances.size(), 1U);
    EXPECT_TRUE(one.source->wait({{"calculator", ""}}, 1s, Deadline::in(5s)));
    EXPECT_EQ(one.announcer->local_address(Deadline::in(5s)).value(), "127.0.0.1");
    // Who signed it is not believed by all.
    const auto stranger = connect(url).value().source->read({"calculator"}, Deadline::in(5s));
    ASSERT_FALSE(stranger);
    EXPECT_EQ(stranger.error().code(), Errc::registry_failed);
    const auto plain = connect(redis.url()).value().source->read({"a"}, Deadline::in(5s));
    EXPECT_FALSE(plain);
}

TEST(RedisAccess, AReplicaSaysThatItIsOne) {
    const RedisProgram primary{{"--repl-diskless-sync-delay", "0"}};
    const RedisProgram replica{
        {"--replicaof", "127.0.0.1 " + std::to_string(primary.endpoint().port())}};
    const Connection one = connect(replica.url()).value();
    const auto refused = one.announcer->announce({calculator()}, Deadline::in(5s));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("this is a replica: name the primary"));
    // Both named, the one that takes writes is found, wherever it begins.
    const Connection both = connect(primary.url() + "," + replica.endpoint().to_string()).value();
    EXPECT_TRUE(eventually([&] {
        return both.announcer->announce({calculator()}, Deadline::in(5s)).has_value();
    }));
    // What is written to the one is read at the other.
    EXPECT_TRUE(eventually([&] {
        const auto read = one.source->read({"calculator"}, Deadline::in(5s));
        return read && read->front().instances.size() == 1;
    }));
}

}  // namespace
}  // namespace rollcall::registry
