// Whole messages, good and bad: what exactly is answered, byte by byte.

#include "codec/hex.h"
#include "server_harness.h"

#include <gtest/gtest.h>

namespace rollcall::rpc::tests {
namespace {

using codec::tests::from_hex;
using codec::tests::to_hex;

class Requests : public testing::Test {
protected:
    ~Requests() override { EXPECT_EQ(bystander.undisturbed(), ""); }

    // What comes back before the answer to a last, good call: the connection has survived.
    std::string answer_to(std::string_view bytes) {
        RawPeer peer{tested.endpoint()};
        const std::string last = result(99, "end");
        peer.send(std::string{bytes} + request(99, "echo", "end"));
        std::string all;
        while (!all.ends_with(last) && !peer.at_end())
            all += peer.receive();
        EXPECT_TRUE(all.ends_with(last)) << "the connection was closed after " << to_hex(all);
        all.resize(all.size() - std::min(all.size(), last.size()));
        return all;
    }

    // True if the connection is closed without a word.
    bool is_refused(std::string_view bytes) {
        RawPeer peer{tested.endpoint()};
        peer.send(bytes);
        const std::string answer = peer.receive_all();
        EXPECT_EQ(answer, "");
        return peer.at_end();
    }

    TestServer tested;
    Bystander bystander{tested.endpoint()};
};

TEST_F(Requests, GoldenBytes) {
    const auto exchange = [&](const char* sent, const char* expected) {
        EXPECT_EQ(to_hex(answer_to(from_hex(sent))), expected);
    };
    // [0, 1, "add", [1, 2]] -> [1, 1, nil, 3]
    exchange("94 00 01 a3 61 64 64 92 01 02", "94 01 01 c0 03");
    // Loose spellings of the same: array 32, uint 32 id, bin method, int 16 arguments.
    exchange(
        "dd 00 00 00 04 cc 00 ce 00 00 00 01 c4 03 61 64 64 dc 00 02 d1 00 01 cd 00 02",
        "94 01 01 c0 03"
    );
    // The largest id.
    exchange("94 00 ce ff ff ff ff a3 61 64 64 92 01 02", "94 01 ce ff ff ff ff c0 03");
    // [0, 1, "note", ["x"]] -> [1, 1, nil, nil]: a method that returns nothing.
    exchange("94 00 01 a4 6e 6f 74 65 91 a1 78", "94 01 01 c0 c0");
    // [2, "note", ["x"]]: no answer.
    exchange("93 02 a4 6e 6f 74 65 91 a1 78", "");
    EXPECT_EQ(tested.notes.load(), 2U);
    // An error: [1, 1, "NOT_FOUND: no method 'x'", nil]
    exchange(
        "94 00 01 a1 78 90",
        "94 01 01 b8 4e 4f 54 5f 46 4f 55 4e 44 3a 20 6e 6f 20 6d 65 74 68 6f 64 20 27 78 27 c0"
    );
}

TEST_F(Requests, ParamsThatAreNoArray) {
    const std::string head = from_hex("94 00 05 a3") + "add";
    const auto refused = [](const char* what) {
        return error(5, std::string{"INVALID_REQUEST: the params must be an array, not "} + what);
    };
    EXPECT_EQ(answer_to(head + from_hex("07")), refused("int 7"));
    EXPECT_EQ(answer_to(head + from_hex("a1 78")), refused("string"));
    EXPECT_EQ(answer_to(head + from_hex("81 01 02")), refused("map of 1"));
    // nil is an empty array.
    EXPECT_EQ(
        answer_to(head + from_hex("c0")),
        error(5, "INVALID_ARGUMENT: 'add' takes 2 arguments, got 0")
    );
    RawPeer peer{tested.endpoint()};
    peer.send(from_hex("94 00 05 a7") + "on_pool" + from_hex("c0"));
    EXPECT_EQ(peer.receive_exactly(5), result(5, 7));
    EXPECT_TRUE(is_refused(from_hex("93 02 a4") + "note" + from_hex("07")));
}

TEST_F(Requests, WrongNumberOfElements) {
    EXPECT_TRUE(is_refused(from_hex("92 00 01")));
    EXPECT_TRUE(is_refused(from_hex("dc 00 02 00 01")));
    EXPECT_TRUE(is_refused(from_hex("93 00 a1 78 90")));  // the id is no number
    EXPECT_TRUE(is_refused(from_hex("94 02 a1 78 90 c0")));
    const auto refused = [](const char* number) {
        return error(
            5, std::string{"INVALID_REQUEST: a request is an array of 4 elements, not "} + number
        );
    };
    EXPECT_EQ(answer_to(from_hex("95 00 05 a3 61 64 64 92 01 02 80")), refused("5"));
    EXPECT_EQ(answer_to(from_hex("93 00 05 a1 78")), refused("3"));
    EXPECT_EQ(answer_to(from_hex("dc 00 05 00 05 a1 78 90 c0")), refused("5"));
}

TEST_F(Requests, WrongTypesAndIds) {
    EXPECT_TRUE(is_refused(from_hex("94 03 01 a1 78 90")));
    EXPECT_TRUE(is_refused(from_hex("94 ff 01 a1 78 90")));
    EXPECT_TRUE(is_refused(from_hex("94 c0 01 a1 78 90")));
    EXPECT_TRUE(is_refused(from_hex("94 00 ff a1 78 90")));                          // -1
    EXPECT_TRUE(is_refused(from_hex("94 00 cf 00 00 00 01 00 00 00 00 a1 78 90")));  // 2^32
    EXPECT_TRUE(is_refused(from_hex("94 00 c0 a1 78 90")));
    EXPECT_EQ(
        answer_to(from_hex("94 00 05 07 90")),
        error(5, "INVALID_REQUEST: the method must be a string, not int 7")
    );
}

TEST_F(Requests, MethodNamesAtAndOverTheLimit) {
    for (const std::size_t size : {std::size_t{254}, std::size_t{255}}) {
        const auto answers = answers_in(answer_to(request(1, std::string(size, 'n'))));
        ASSERT_EQ(answers.size(), 1U);
        EXPECT_TRUE(answers.front().error.starts_with("NOT_FOUND")) << answers.front().error;
    }
    EXPECT_EQ(
        answer_to(request(1, std::string(256, 'n'))),
        error(1, "INVALID_REQUEST: the method name has 256 bytes; the limit is 255")
    );
    // Nothing that a peer sent reaches a terminal as it is.
    EXPECT_EQ(answer_to(request(1, "\x1b[2J")), error(1, "NOT_FOUND: no method '\\x1b[2J'"));
}

TEST_F(Requests, WhatNeedsNoAnswerGetsNone) {
    EXPECT_EQ(answer_to(notification("no_such", 1, 2)), "");
    EXPECT_EQ(answer_to(notification("add", "wrong")), "");
    EXPECT_EQ(answer_to(notification("$/hello", 1)), "");
    EXPECT_EQ(answer_to(notification("$/goaway", "x", 1, 2)), "");
    // Responses, although nothing was asked.
    EXPECT_EQ(answer_to(result(1, 3) + error(2, "no") + result(99, "x")), "");
    EXPECT_EQ(tested.server.stats().protocol_errors, 0U);
}

TEST_F(Requests, IdInFlight) {
    RawPeer peer{tested.endpoint()};
    peer.send(request(5, "hold", "first"));
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 1; }));
    // Whatever the newcomer asks for, it is refused, and the first keeps its id.
    const std::string refused = error(5, "INVALID_REQUEST: a request with id 5 is in flight");
    for (const std::string& newcomer :
         {request(5, "hold", "again"),
          request(5, "add", 1, 2),
          request(5, "no_such"),
          request(5, "on_pool"),
          hello(5)}) {
        peer.send(newcomer);
        EXPECT_EQ(peer.receive_exactly(refused.size()), refused);
    }
    EXPECT_EQ(tested.gate.begun(), 1U);
    peer.send(request(6, "add", 1, 2));
    EXPECT_EQ(receive_answers(peer, 1).at(0).id, 6U);
    tested.gate.open();
    EXPECT_EQ(peer.receive_exactly(result(5, 5).size()), result(5, 5));
    // Once answered, an id may be used again.
    peer.send(request(5, "add", 1, 2));
    EXPECT_EQ(peer.receive_exactly(result(5, 3).size()), result(5, 3));
}

TEST_F(Requests, ManyInOneWriteAreAnsweredInOrder) {
    std::string all;
    std::string expected;
    for (std::uint32_t id = 0; id < 5000; ++id) {
        all += request(id, "add", id, 1);
        expected += result(id, id + 1);
    }
    EXPECT_EQ(answer_to(all), expected);
}

TEST_F(Requests, OneByteAtATime) {
    RawPeer peer{tested.endpoint()};
    for (const char byte : request(1, "add", 20, 22))
        peer.send(std::string(1, byte));
    EXPECT_EQ(peer.receive_exactly(5), result(1, 42));
}

}  // namespace
}  // namespace rollcall::rpc::tests
