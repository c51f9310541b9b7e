// $/hello and $/goaway on the wire, and the token.

#include "codec/hex.h"
#include "server_harness.h"

#include <gtest/gtest.h>

#include <future>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

namespace {

using codec::tests::from_hex;
using codec::tests::to_hex;

TEST(ServerHello, GoldenBytes) {
    ServerOptions options;
    options.name = "n";
    options.limits.max_message_bytes = 1 << 20;
    TestServer tested{options};
    RawPeer peer{tested.endpoint()};
    // [0, 0, "$/hello", [{"v": 1, "feat": ["goaway"]}]] and, in the same write, [0, 1, "add", [1,
    // 2]]
    EXPECT_TRUE(peer.send(
        from_hex("94 00 00 a7") + "$/hello" + from_hex("91 82 a1 76 01 a4") + "feat" +
        from_hex("91 a6") + "goaway" + from_hex("94 00 01 a3") + "add" + from_hex("92 01 02")
    ));
    // [1, 0, nil, {"v": 1, "feat": ["goaway", "meta", "errors", "cancel", "streams"], "max_msg":
    // 1048576, "window": 65536, "name": "n"}], [1, 1, nil, 3]
    const std::string expected =
        from_hex("94 01 00 c0 85 a1 76 01 a4") + "feat" + from_hex("95 a6") + "goaway" +
        from_hex("a4") + "meta" + from_hex("a6") + "errors" + from_hex("a6") + "cancel" +
        from_hex("a7") + "streams" + from_hex("a7") + "max_msg" + from_hex("ce 00 10 00 00 a6") +
        "window" + from_hex("ce 00 01 00 00 a4") + "name" + from_hex("a1 6e") +
        from_hex("94 01 01 c0 03");
    EXPECT_EQ(to_hex(peer.receive_exactly(expected.size())), to_hex(expected));

    const auto stopped = std::async(std::launch::async, [&] { tested.server.stop(5s); });
    // [2, "$/goaway", ["shutting down", 5000, 1]], then the end of the stream.
    EXPECT_EQ(
        to_hex(peer.receive_all()),
        to_hex(
            from_hex("93 02 a8") + "$/goaway" + from_hex("93 ad") + "shutting down" +
            from_hex("cd 13 88 01")
        )
    );
    EXPECT_TRUE(peer.at_end());
    peer.close();  // for this the server waits
}

TEST(ServerHello, BadOnesAreRefusedAndTheConnectionGoesOn) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    for (const char* params : {"90", "91 01", "91 80", "91 81 a1 76 00", "92 81 a1 76 01 01"}) {
        EXPECT_TRUE(peer.send(from_hex("94 00 05 a7") + "$/hello" + from_hex(params)));
        const auto answers = receive_answers(peer, 1);
        ASSERT_EQ(answers.size(), 1U);
        const bool accepted = std::string_view{params} == "91 80";  // all keys have defaults
        EXPECT_EQ(answers[0].error.empty(), accepted) << params << answers[0].error;
    }
    EXPECT_TRUE(peer.send(request(6, "add", 1, 2)));
    EXPECT_EQ(peer.receive_exactly(5), result(6, 3));
}

TEST(ServerHello, ResultsFitThePeer) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send(
        from_hex("94 00 00 a7") + "$/hello" + from_hex("91 82 a1 76 01 a7") + "max_msg" +
        from_hex("64") + request(1, "big", 94) + request(2, "big", 95)  // 100 and 101 bytes
    ));
    const auto answers = receive_answers(peer, 3);
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[1].error, "");
    EXPECT_EQ(answers[2].error, "RESULT_TOO_LARGE: the result has 101 bytes; the limit is 100");
}

class Token : public testing::Test {
protected:
    Token()
        : tested([] {
              ServerOptions options;
              options.token = "secret";
              return options;
          }()) {}

    std::vector<std::string> errors_of(const std::string& sent, std::size_t count) {
        RawPeer peer{tested.endpoint()};
        EXPECT_TRUE(peer.send(sent));
        std::vector<std::string> errors;
        for (const Answer& answer : receive_answers(peer, count))
            errors.push_back(answer.error);
        return errors;
    }

    TestServer tested;
};

TEST_F(Token, Missing) {
    EXPECT_EQ(
        errors_of(request(1, "add", 1, 2) + notification("note", "x") + request(2, "no_such"), 2),
        std::vector<std::string>(2, "UNAUTHENTICATED: this server needs a token, sent with $/hello")
    );
    EXPECT_EQ(
        errors_of(hello(0) + request(1, "$/methods"), 2),
        (std::vector<std::string>{
            "UNAUTHENTICATED: this server needs a token",
            "UNAUTHENTICATED: this server needs a token, sent with $/hello"})
    );
    EXPECT_EQ(tested.notes.load(), 0U);
    EXPECT_EQ(tested.server.stats().unauthenticated, 5U);
}

TEST_F(Token, WrongAndRightInTheSameWriteAsCalls) {
    for (const char* wrong : {"Secret", "secre", "secret1", "x"}) {
        EXPECT_EQ(
            errors_of(hello(0, wrong) + request(1, "add", 1, 2), 2),
            (std::vector<std::string>{
                "UNAUTHENTICATED: the token is not valid",
                "UNAUTHENTICATED: this server needs a token, sent with $/hello"})
        );
    }
    EXPECT_EQ(
        errors_of(hello(0, "secret") + request(1, "add", 1, 2), 2), std::vector<std::string>(2, "")
    );
    // A second, wrong one takes back what the first one gave.
    EXPECT_EQ(
        errors_of(hello(0, "secret") + hello(1, "wrong") + request(2, "add", 1, 2), 3).at(2),
        "UNAUTHENTICATED: this server needs a token, sent with $/hello"
    );
}

TEST_F(Token, OfAClient) {
    ClientOptions with;
    with.token = "secret";
    Client right{tested.endpoint(), with};
    EXPECT_EQ(right.call(invoke<int>("add", 1, 2)).value(), 3);
    with.token = "wrong";
    Client wrong{tested.endpoint(), with};
    EXPECT_EQ(wrong.call(invoke<int>("add", 1, 2)).error().code(), Errc::unauthenticated);
    Client without{tested.endpoint()};
    EXPECT_EQ(without.call(invoke<int>("add", 1, 2)).error().code(), Errc::unauthenticated);
}

}  // namespace
}  // namespace rollcall::rpc::tests
