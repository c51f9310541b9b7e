// URLs, answers and limits of Redis, without a Redis.
#include <rollcall/registry/connect.h>

#include "redis_failure.h"
#include "redis_link.h"
#include "redis_options.h"
#include "support/raw_peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedisUrl, HasDefaults) {
    const RedisOptions options = redis_options("redis://h", {}).value();
    EXPECT_EQ(options.server, (Endpoint{"h", 6379}));
    EXPECT_FALSE(options.stream.is_encrypted);
    EXPECT_EQ(options.user + options.password, "");
    EXPECT_EQ(options.database, 0);
    EXPECT_EQ(options.prefix, "rollcall:");
    EXPECT_EQ(options.ttl, 15s);
    EXPECT_EQ(redis_options("redis://[::1]", {}).value().server, (Endpoint{"::1", 6379}));
    EXPECT_EQ(redis_options("redis://[::1]:7", {}).value().server, (Endpoint{"::1", 7}));
}

TEST(RedisUrl, SaysEverything) {
    const RedisOptions options =
        redis_options("rediss://us%40er:p%3aw%2f@h:7/9999?prefix=a%3A&ttl=0.5", {}).value();
    EXPECT_EQ(options.server, (Endpoint{"h", 7}));
    EXPECT_TRUE(options.stream.is_encrypted);
    EXPECT_EQ(options.user, "us@er");
    EXPECT_EQ(options.password, "p:w/");
    EXPECT_EQ(options.database, 9999);
    EXPECT_EQ(options.prefix, "a:");
    EXPECT_EQ(options.ttl, 500ms);
}

TEST(RedisUrl, WhatIsWrongIsSaidWithoutThePassword) {
    const std::string at_limit(64, 'p');
    EXPECT_TRUE(redis_options("redis://h?prefix=" + at_limit, {}));
    const std::pair<std::string, const char*> cases[] = {
        {"redis://", "there is no host"},
        {"redis://:secret@h:0x", "the port must be"},
        {"redis://secret@h", "write user:password@ or :password@"},
        {"redis://user:@h", "write user:password@ or :password@"},
        {"redis://:secret@h/-1", "0 to 9999"},
        {"redis://:secret@h/10000", "0 to 9999"},
        {"redis://:secret@h/a", "0 to 9999"},
        {"redis://:secret@h?ttl=0", "ttl must be"},
        {"redis://:secret@h?prefix=", "prefix must be"},
        {"redis://:secret@h?prefix=%0d%0a", "prefix must be"},
        {"redis://:secret@h?prefix=p" + at_limit, "prefix must be"},
        {"redis://:sec/secret@h", "must be written as %2F"},
        {"redis://:sec?secret@h", "must be written as %2F"},
    };
    for (const auto& [url, why] : cases) {
        const auto connection = connect(url);
        ASSERT_FALSE(connection) << url;
        EXPECT_EQ(connection.error().code(), Errc::invalid_argument);
        EXPECT_THAT(connection.error().message(), HasSubstr(why)) << url;
        EXPECT_THAT(connection.error().message(), Not(HasSubstr("secret"))) << url;
    }
}

TEST(RedisUrl, IsShownWithoutItsPassword) {
    EXPECT_EQ(without_password("redis://u:p@h:1/2"), "redis://***@h:1/2");
    EXPECT_EQ(without_password("redis://:p/@?:@h"), "redis://***@h");
    EXPECT_EQ(without_password("redis://p@h"), "redis://***@h");
    EXPECT_EQ(without_password("redis://a:1,u:p@b:2"), "redis://***@b:2");
    EXPECT_EQ(without_password("http://h:7070/path"), "http://h:7070/path");
    EXPECT_EQ(without_password("file:/a@b:c"), "file:/a@b:c");
}

TEST(RedisFailure, SaysWhatToDo) {
    const std::pair<const char*, const char*> cases[] = {
        {"NOAUTH Authentication required.", "give the password"},
        {"LOADING Redis is loading the dataset in memory", "when that is done"},
        {"READONLY You can't write against a read only replica.", "name the primary"},
        {"ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -READONLY You",
         "name the primary"},
        {"MOVED 1234 10.0.0.1:6379", "Redis Cluster"},
        {"DENIED Redis is running in protected mode", "protected mode: give it a password"},
        {"ERR unknown command 'EVAL'", "Redis 5 or later"},
    };
    for (const auto& [answer, remedy] : cases) {
        EXPECT_THAT(explain_redis_error(answer), HasSubstr(remedy));
        EXPECT_THAT(explain_redis_error(answer), ::testing::StartsWith(answer));
    }
    EXPECT_EQ(explain_redis_error("ERR \x1b[2J"), "ERR \\x1b[2J");
}

// Redis played by hand: it answers `bytes` to the command.
Result<RedisReply> answer_to_a_command(const std::string& bytes, std::size_t limit) {
    tests::RawListener listener;
    auto served = std::async(std::launch::async, [&] {
        tests::RawPeer peer = listener.accept();
        static_cast<void>(peer.receive());
        peer.send(bytes);
        peer.finish();
        static_cast<void>(peer.receive_all(2s));
    });
    RedisOptions options;
    options.server = listener.endpoint();
    options.reply_bytes_max = limit;
    Result<RedisReply> reply = [&] {
        RedisLink link{options};
        if (auto opened = link.open(Deadline::in(5s), {}); !opened)
            return Result<RedisReply>{opened.error()};
        auto sent = link.send({"GET", "x"}, Deadline::in(5s), {});
        if (!sent) return Result<RedisReply>{sent.error()};
        return link.receive(Deadline::in(5s), {});
    }();
    served.get();
    return reply;
}

TEST(RedisLink, TakesAnswersUpToItsLimit) {
    const std::string bytes = "$100\r\n" + std::string(100, 'x') + "\r\n";
    for (const std::size_t limit : {bytes.size() + 1, bytes.size()}) {
        const auto reply = answer_to_a_command(bytes, limit);
        ASSERT_TRUE(reply) << reply.error().message();
        EXPECT_EQ(reply->text, std::string(100, 'x'));
    }
    const auto over = answer_to_a_command(bytes, bytes.size() - 1);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), Errc::registry_failed);
    EXPECT_THAT(over.error().message(), HasSubstr("larger than 107 bytes"));
}

// A primary that was made a replica answered READONLY on the same connection for ever.
TEST(RedisLink, LeavesAConnectionThatLeadsToAReplica) {
    for (const std::string& refusal :
         {std::string{"-READONLY You can't write against a read only replica."},
          std::string{"-MASTERDOWN Link with MASTER is down"},
          std::string{"-ERR Error running script (call to f_1): @user_script:3: @user_script: 3: "
                      "-READONLY You can't write against a read only replica."}}) {
        tests::RawListener listener;
        RedisOptions options;
        options.server = listener.endpoint();
        RedisLink link{options};
        ASSERT_TRUE(link.open(Deadline::in(5s), {}));
        tests::RawPeer before = listener.accept();
        auto reply = std::async(std::launch::async, [&] {
            return link.command({"X"}, Deadline::in(5s), {});
        });
        static_cast<void>(before.receive());
        before.send(refusal + "\r\n");
        EXPECT_EQ(before.receive(), "") << "closed";
        // Whom the name leads to by now.
        tests::RawPeer after = listener.accept();
        static_cast<void>(after.receive());
        after.send("+OK\r\n");
        const auto answer = reply.get();
        ASSERT_TRUE(answer) << answer.error().message();
        EXPECT_EQ(answer->text, "OK");

        reply = std::async(std::launch::async, [&] {
            return link.command({"X"}, Deadline::in(5s), {});
        });
        static_cast<void>(after.receive());
        after.send("-ERR no\r\n");
        EXPECT_FALSE(reply.get());
        EXPECT_TRUE(link.is_open()) << "another refusal is no reason";
    }
}

// "unknown command" repeats what it was called with.
TEST(RedisLink, ShowsNoPasswordThatRedisRepeats) {
    const std::pair<const char*, const char*> cases[] = {
        {"-ERR unknown command `AUTH`, with args beginning with: `sesame`, \r\n",
         "answered ERR (Redis 5 or later is needed)"},
        {"-WRONGPASS no sesame\r\n", "answered WRONGPASS (the user or the password"},
        {"-SOMETHING sesame\r\n", "answered SOMETHING"},
    };
    for (const auto& [refusal, shown] : cases) {
        tests::RawListener listener;
        auto served = std::async(std::launch::async, [&, bytes = refusal] {
            tests::RawPeer peer = listener.accept();
            static_cast<void>(peer.receive());
            peer.send(bytes);
            static_cast<void>(peer.receive_all(2s));
        });
        RedisOptions options;
        options.server = listener.endpoint();
        options.password = "sesame";
        RedisLink link{options};
        const auto refused = link.open(Deadline::in(5s), {});
        served.get();
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message(), HasSubstr(shown));
        EXPECT_THAT(refused.error().message(), Not(HasSubstr("sesame")));
    }
}

TEST(RedisLink, KnowsWhatIsNoRedis) {
    const auto http = answer_to_a_command("HTTP/1.1 400 Bad Request\r\n\r\n", 1000);
    ASSERT_FALSE(http);
    EXPECT_THAT(http.error().message(), HasSubstr("is it Redis?"));
    const auto cut = answer_to_a_command("$100\r\nxx", 1000);
    ASSERT_FALSE(cut);
    EXPECT_THAT(cut.error().message(), HasSubstr("closed the connection"));
}

}  // namespace
}  // namespace rollcall::registry
