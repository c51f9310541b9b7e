// The bytes of streams, written by hand: what docs/protocol.md says, and what a hostile peer may
// send. Whatever it is, the stream ends alone and the connection goes on.

#include "stream_bytes.h"
#include "streams_fixture.h"

#include <future>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using codec::tests::from_hex;
using codec::tests::to_hex;

class StreamsBytes : public StreamsTest {
protected:
    void connect(std::uint64_t window = 65536, ServerOptions options = ServerOptions()) {
        server.emplace(std::move(options));
        add_streams(*server, seen);
        server->handle("add", [](int a, int b) { return a + b; });
        server->start();
        peer.emplace(server->endpoint());
        ASSERT_TRUE(peer->send(stream_hello(window)));
        ASSERT_EQ(receive_answers(*peer, 1).size(), 1U);
    }

    // The next messages, up to the response of this id.
    [[nodiscard]] std::vector<Answer> until_response(std::uint32_t id) {
        std::vector<Answer> all;
        for (;;) {
            if (kept.empty()) kept = receive_answers(*peer, 1);
            if (kept.empty()) return all;
            all.push_back(std::move(kept.front()));
            kept.erase(kept.begin());
            if (all.back().type == codec::MessageType::response && all.back().id == id) return all;
        }
    }

    // The error that ends the stream with this id.
    [[nodiscard]] std::string error_of(std::uint32_t id) {
        const auto all = until_response(id);
        return all.empty() ? "nothing came" : all.back().error;
    }

    void expect_alive() {
        ASSERT_TRUE(peer->send(request(99, "add", 1, 2)));
        const auto all = until_response(99);
        ASSERT_FALSE(all.empty());
        EXPECT_EQ(to_hex(all.back().result), "03");
    }

    std::optional<RawPeer> peer;
    std::vector<Answer> kept;  // that have come and were not asked for
};

TEST_F(StreamsBytes, OfAServerStream) {
    connect();
    // [0, 7, "count_to", [3], {"s": 1}]
    EXPECT_TRUE(peer->send(from_hex("95 00 07 a8") + "count_to" + from_hex("91 03 81 a1 73 01")));
    // [2, "$/data", [7, false, bin 01 02 03]], [1, 7, nil, nil]
    const std::string expected = from_hex("93 02 a6") + "$/data" +
                                 from_hex("93 07 c2 c4 03 01 02 03") + from_hex("94 01 07 c0 c0");
    EXPECT_EQ(to_hex(peer->receive_exactly(expected.size())), to_hex(expected));
}

TEST_F(StreamsBytes, OfAClientStream) {
    connect();
    // [0, 7, "sum", [], {"s": 2}], [2, "$/data", [7, true, bin 01 02]], the same with the first
    // byte of cd 01 00 and then the rest of it, [2, "$/end", [7]]
    EXPECT_TRUE(peer->send(
        from_hex("95 00 07 a3") + "sum" + from_hex("90 81 a1 73 02") + from_hex("93 02 a6") +
        "$/data" + from_hex("93 07 c3 c4 02 01 02") + from_hex("93 02 a6") + "$/data" +
        from_hex("93 07 c3 c4 01 cd") + from_hex("93 02 a6") + "$/data" +
        from_hex("93 07 c3 c4 02 01 00") + from_hex("93 02 a5") + "$/end" + from_hex("91 07")
    ));
    const std::string expected = from_hex("94 01 07 c0 cd 01 03");  // [1, 7, nil, 259]
    EXPECT_EQ(to_hex(peer->receive_exactly(expected.size())), to_hex(expected));
}

TEST_F(StreamsBytes, OfCredit) {
    EXPECT_EQ(
        to_hex(credit(7, false, 1024)),
        to_hex(from_hex("93 02 a8") + "$/credit" + from_hex("93 07 c2 cd 04 00"))
    );
}

TEST_F(StreamsBytes, NothingIsSentWithoutCredit) {
    connect(2);
    EXPECT_TRUE(peer->send(opening(7, "count_to", 1, 5)));
    const std::string first = data(7, false, "\x01\x02");
    EXPECT_EQ(to_hex(peer->receive_exactly(first.size())), to_hex(first));
    expect_alive();  // nothing else came before
    EXPECT_TRUE(peer->send(credit(7, true, 1)));
    const std::string second = data(7, false, "\x03");
    EXPECT_EQ(to_hex(peer->receive_exactly(second.size())), to_hex(second));
    EXPECT_TRUE(peer->send(credit(7, true, 100)));
    EXPECT_EQ(until_response(7).size(), 2U);
}

TEST_F(StreamsBytes, WithoutAWindowOrCreditNothingComes) {
    connect(0);
    EXPECT_TRUE(peer->send(opening(7, "count_to", 1, 5)));
    expect_alive();
    EXPECT_TRUE(peer->send(credit(7, true, 0) + credit(7, true, 5)));
    EXPECT_EQ(until_response(7).size(), 2U);
}

TEST_F(StreamsBytes, ThePlainPeerIsToldThatItIsAStream) {
    start();
    RawPeer plain{server->endpoint()};
    EXPECT_TRUE(plain.send(request(1, "count_to", 5)));
    const auto answers = receive_answers(plain, 1);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(
        answers[0].error,
        "INVALID_REQUEST: 'count_to' is a stream, and this peer has not agreed to streams in a "
        "hello"
    );
    EXPECT_TRUE(plain.send(request(2, "add", 5, 6)));
    EXPECT_EQ(receive_answers(plain, 1).size(), 1U);
}

TEST_F(StreamsBytes, StreamsNeedMetadataAndCancellation) {
    start();
    Features streams_only;
    streams_only.add(Feature::streams);
    RawPeer odd{server->endpoint()};
    EXPECT_TRUE(odd.send(stream_hello(10, streams_only) + request(1, "count_to", 5)));
    const auto answers = receive_answers(odd, 2);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_NE(answers[1].error.find("has not agreed to streams"), std::string::npos);
}

TEST_F(StreamsBytes, APlainServerFailsTheStreamUnsent) {
    start();
    ClientOptions options;
    options.hello = false;
    Client plain{server->endpoint(), options};
    const auto read = plain.open(count_to(1)).read();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), Errc::invalid_argument);
    EXPECT_EQ(read.error().sent(), Sent::not_sent);
    EXPECT_NE(read.error().message().find("does not speak streams"), std::string::npos);
    EXPECT_EQ(plain.call(invoke<int>("add", 1, 2)).value(), 3);
}

TEST_F(StreamsBytes, MethodsAndRequestsMustAgree) {
    connect();
    const auto refused = [&](const std::string& bytes, std::uint32_t id, std::string_view part) {
        ASSERT_TRUE(peer->send(bytes));
        const std::string why = error_of(id);
        EXPECT_NE(why.find(part), std::string::npos) << why;
        EXPECT_NE(why.find("INVALID_REQUEST"), std::string::npos) << why;
    };
    refused(request(1, "count_to", 5), 1, "open it instead of calling it");
    refused(opening(2, "add", 1, 1, 2), 2, "call it instead of opening it");
    refused(opening(3, "count_to", 2, 5), 3, "has other directions");
    refused(opening(4, "count_to", 3, 5), 4, "has other directions");
    refused(opening(5, "count_to", 4, 5), 5, "open it instead of calling it");
    ASSERT_TRUE(peer->send(notification("count_to", 5)));  // nobody to tell
    expect_alive();
}

TEST_F(StreamsBytes, EachBrokenRuleEndsTheStreamAndNothingElse) {
    connect();
    ASSERT_TRUE(peer->send(opening(1, "sum", 2)));  // lives through it all
    std::uint32_t id = 10;
    const auto broken = [&](const std::string& bytes, std::string_view part) {
        const std::string all = bytes + request(98, "add", 1, 1);
        ASSERT_TRUE(peer->send(all));
        const std::string why = error_of(id);
        EXPECT_NE(why.find("STREAM_FAILED"), std::string::npos) << why << " for " << part;
        EXPECT_NE(why.find(part), std::string::npos) << why;
        ++id;
    };
    const std::string window(65536, '\x01');
    const auto open_sum = [&] { return opening(id, "sum", 2); };
    const auto hold = [&] { return opening(id, "never_reads", 2); };
    const std::string much = data(id, true, window) + data(id, true, "\x01");
    broken(hold() + much, "1 bytes came where there was credit for 0");
    broken(
        hold() + data(id, true, window + window),
        "131072 bytes came where there was credit for 65536"
    );
    broken(open_sum() + data(id, true, "\xc1"), "not MessagePack");
    broken(open_sum() + data(id, true, from_hex("dd ff ff ff ff")), "exceeds the message limit");
    broken(open_sum() + data(id, true, std::string(100, '\x91')), "nested too deeply");
    broken(
        hold() + notification("$/end", id) + data(id, true, "\x01"), "after the end of the data"
    );
    broken(hold() + notification("$/end", id) + notification("$/end", id), "came twice");
    broken(open_sum() + data(id, true, "\xcd") + notification("$/end", id), "within an item");
    broken(opening(id, "flood", 1, 10) + data(id, true, "\x01"), "a direction that has none");
    broken(opening(id, "flood", 1, 10) + notification("$/end", id), "a direction that has none");
    broken(opening(id, "flood", 1, 10) + credit(id, true, 0x7fffffff), "2^31 - 1");
    broken(opening(id, "flood", 1, 10) + credit(id, true, UINT64_MAX), "2^31 - 1");
    broken(hold() + notification("$/data", id, true), "cannot be read");
    broken(hold() + notification("$/data", id, true, 5), "cannot be read");
    broken(hold() + notification("$/credit", id, true, "x"), "cannot be read");
    broken(hold() + notification("$/credit", id, true, -1), "cannot be read");
    ASSERT_TRUE(peer->send(data(1, true, "\x05") + notification("$/end", 1)));
    EXPECT_EQ(to_hex(until_response(1).back().result), "05");
    expect_alive();
    EXPECT_TRUE(eventually([&] { return seen.ended == seen.begun; }));
}

TEST_F(StreamsBytes, WhatIsAboutNoStreamIsPassedOver) {
    connect();
    ASSERT_TRUE(peer->send(opening(1, "sum", 2)));
    for (const bool own : {true, false}) {
        for (const std::uint32_t id : {0U, 2U, 0xffffffffU}) {
            ASSERT_TRUE(peer->send(data(id, own, "\x01\xc1") + credit(id, own, UINT64_MAX)));
            ASSERT_TRUE(peer->send(notification("$/end", id)));
        }
    }
    // The stream of that number which the server would have opened.
    ASSERT_TRUE(peer->send(data(1, false, "\x01") + credit(1, false, UINT64_MAX)));
    for (const char* method : {"$/data", "$/credit", "$/end"}) {
        ASSERT_TRUE(peer->send(
            notification(method) + notification(method, "x") + notification(method, -1, true, "y") +
            notification(method, std::uint64_t{1} << 32U, true, 1) +
            notification(method, std::vector<int>{1}, true)
        ));
    }
    for (const char* method : {"$/data", "$/credit"})
        ASSERT_TRUE(peer->send(notification(method, 1, 1, 1)));
    ASSERT_TRUE(peer->send(data(1, true, "\x05") + notification("$/end", 1)));
    EXPECT_EQ(to_hex(until_response(1).back().result), "05");
    // And after its end.
    ASSERT_TRUE(peer->send(data(1, true, "\x05") + credit(1, true, 5) + notification("$/end", 1)));
    expect_alive();
}

TEST_F(StreamsBytes, ACancelledStreamIsAnsweredOnce) {
    connect();
    ASSERT_TRUE(peer->send(opening(1, "flood", 1, 100)));
    ASSERT_TRUE(peer->send(notification("$/cancel", 1)));
    const std::string why = error_of(1);
    EXPECT_NE(why.find("CANCELLED"), std::string::npos) << why;
    expect_alive();
    ASSERT_TRUE(peer->send(opening(1, "count_to", 1, 1)));  // the id is free again
    EXPECT_EQ(until_response(1).size(), 2U);
}

TEST_F(StreamsBytes, AfterAGoawayNothingBeginsAndWhatHasBegunGoesOn) {
    connect();
    ASSERT_TRUE(peer->send(opening(1, "sum", 2)));
    expect_alive();
    auto stopped = std::async(std::launch::async, [&] { server->stop(20s); });
    const auto goaway = receive_answers(*peer, 1);
    ASSERT_EQ(goaway.size(), 1U);
    EXPECT_EQ(goaway[0].method, "$/goaway");
    ASSERT_TRUE(peer->send(
        data(1, true, "\x05") + opening(2, "sum", 2) + request(3, "add", 1, 1) +
        notification("$/end", 2) + data(1, true, "\x06") + notification("$/end", 1)
    ));
    const auto rest = receive_answers(*peer, 2);
    ASSERT_EQ(rest.size(), 1U);  // and the end of the stream
    EXPECT_EQ(rest[0].id, 1U);
    EXPECT_EQ(to_hex(rest[0].result), "0b");
    peer->close();
    stopped.get();
}

}  // namespace
}  // namespace rollcall::rpc::tests
