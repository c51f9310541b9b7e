// Bytes that are no messages, or messages that promise more than they hold.

#include "codec/hex.h"
#include "server_harness.h"
#include "server_random_bytes.h"

#include <gtest/gtest.h>

namespace rollcall::rpc::tests {
namespace {

using codec::tests::from_hex;
using codec::tests::repeat;

class HostileBytes : public testing::Test {
protected:
    ~HostileBytes() override {
        EXPECT_EQ(bystander.undisturbed(), "");
        // All it was sent has been read away, and no connection is left behind.
        EXPECT_TRUE(eventually([&] { return tested.server.stats().connections <= 1; }));
        EXPECT_EQ(tested.server.stats().in_flight_bytes, 0U);
    }

    // Sends it, ends the stream, and awaits the server's end of it.
    std::string answer_to(std::string_view bytes) {
        RawPeer peer{tested.endpoint()};
        peer.send(bytes);
        peer.finish();
        std::string answer = peer.receive_all();
        EXPECT_TRUE(peer.at_end());
        return answer;
    }

    std::uint64_t protocol_errors() { return tested.server.stats().protocol_errors; }

    TestServer tested;
    Bystander bystander{tested.endpoint()};
};

TEST_F(HostileBytes, EverySingleByte) {
    for (int byte = 0; byte <= 0xff; ++byte) {
        RawPeer peer{tested.endpoint()};
        peer.send(std::string(1, static_cast<char>(byte)));
        const bool may_be_message = (byte >= 0x93 && byte <= 0x95) || byte == 0xdc || byte == 0xdd;
        const bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        if (may_be_message) peer.finish();  // else the server waits for more
        const std::string answer = peer.receive_all();
        EXPECT_TRUE(peer.at_end()) << byte;
        EXPECT_EQ(answer.starts_with("HTTP/1.1 400"), letter) << byte << answer;
        EXPECT_EQ(answer.empty(), !letter) << byte << answer;
    }
    EXPECT_EQ(protocol_errors(), 256U - 5U);
}

TEST_F(HostileBytes, EveryHeaderTruncatedAtEveryPoint) {
    for (int byte = 0; byte <= 0xff; ++byte) {
        // As the argument of a call, with as many bytes behind it as any header has.
        const std::string whole = from_hex("94 00 07 a4") + "echo" + from_hex("91") +
                                  std::string(1, static_cast<char>(byte)) + std::string(9, '\0');
        for (std::size_t size = 9; size <= whole.size(); ++size) {
            for (const Answer& answer : answers_in(answer_to(whole.substr(0, size)))) {
                EXPECT_EQ(answer.id, 7U);
            }
        }
    }
    // And the head of the message itself.
    for (const char* head : {"dc 00 04 00 07 a4", "dd 00 00 00 04 00 ce 00 00 00 07 a4"}) {
        const std::string whole = from_hex(head) + "echo" + from_hex("91 a1") + "x";
        for (std::size_t size = 1; size < whole.size(); ++size)
            EXPECT_EQ(answer_to(whole.substr(0, size)), "");
        EXPECT_EQ(answer_to(whole), result(7, "x"));
    }
}

TEST_F(HostileBytes, HeadersThatPromiseTooMuch) {
    const std::string call = from_hex("94 00 01 a4") + "echo";
    const std::size_t before = resident_kib();
    const std::vector<std::string> bombs{
        from_hex("dd ff 00 00 00"),
        from_hex("dd ff ff ff ff"),
        call + from_hex("dd ff 00 00 00"),
        call + from_hex("91 c6 ff ff ff ff"),
        call + from_hex("91 db 7f ff ff ff"),
        call + from_hex("91 c9 ff ff ff ff 01"),
        call + from_hex("91 df ff ff ff ff"),
        call + repeat(40, "dd 00 ff ff ff"),
        call + repeat(40, "df 00 7f ff ff"),
        call + repeat(70, "dc ff ff"),
    };
    std::uint64_t errors = 0;
    for (const std::string& bomb : bombs) {
        RawPeer peer{tested.endpoint()};
        ASSERT_TRUE(peer.send(bomb));
        // The header is enough: nothing more is awaited, nothing is stored.
        EXPECT_TRUE(is_closed(peer)) << codec::tests::to_hex(bomb.substr(0, 20));
        EXPECT_EQ(protocol_errors(), ++errors) << codec::tests::to_hex(bomb.substr(0, 20));
    }
    if (!kSanitized) {
        EXPECT_LT(resident_kib(), before + 8 * 1024);
    }
}

TEST_F(HostileBytes, DepthAtAndOverTheLimit) {
    const auto nested = [](std::size_t depth) {
        // The message and its params are two levels.
        return from_hex("94 00 01 a4") + "echo" + repeat(depth - 1, "91") + from_hex("c0");
    };
    EXPECT_EQ(answers_in(answer_to(nested(63))).size(), 1U);
    EXPECT_EQ(answers_in(answer_to(nested(64))).size(), 1U);
    EXPECT_EQ(protocol_errors(), 0U);
    EXPECT_EQ(answer_to(nested(65)), "");
    EXPECT_EQ(protocol_errors(), 1U);
    EXPECT_EQ(answer_to(nested(10000)), "");
    EXPECT_EQ(protocol_errors(), 2U);
}

TEST_F(HostileBytes, RandomMegabytes) {
    send_random_megabytes(tested.endpoint(), 60);
    if (!kSanitized) {
        EXPECT_LT(resident_kib(), std::size_t{256} * 1024);
    }
}

TEST_F(HostileBytes, AMessageInTheMiddleOfRubbishIsStillAnswered) {
    const std::string answer =
        answer_to(request(1, "add", 1, 2) + request(2, "add", 3, 4) + "\xc1" + request(3, "add"));
    EXPECT_EQ(answer, result(1, 3) + result(2, 7));
    EXPECT_EQ(protocol_errors(), 1U);
}

}  // namespace
}  // namespace rollcall::rpc::tests
