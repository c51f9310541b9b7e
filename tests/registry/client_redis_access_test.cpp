// Redis with a password, and Redis that is a replica.
#include <rollcall/registry/connect.h>

#include "registry/redis_program.h"
#include "support/eventually.h"

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
