#include "hello.h"

#include <rollcall/codec/message.h>

#include "codec/hex.h"

#include <gtest/gtest.h>

namespace rollcall::rpc {
namespace {

using codec::tests::from_hex;

std::optional<Hello> round_trip(const Hello& hello) {
    codec::Buffer out;
    write_hello_map(out, hello);
    return read_hello_map(out.view());
}

TEST(HelloCodec, RoundTrips) {
    Hello hello;
    hello.version = 3;
    hello.features.add(Feature::goaway);
    hello.features.add(Feature::cancel);
    hello.max_message_bytes = 1ULL << 40U;
    hello.name = "a name";
    hello.token = std::string(300, 't');
    const auto back = round_trip(hello);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->version, 3U);
    EXPECT_EQ(back->features, hello.features);
    EXPECT_EQ(back->max_message_bytes, 1ULL << 40U);
    EXPECT_EQ(back->name, hello.name);
    EXPECT_EQ(back->token, hello.token);
    const auto plain = round_trip(Hello{});
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->version, 1U);
    EXPECT_EQ(plain->features, Features{});
    EXPECT_EQ(plain->name + plain->token, "");
}

TEST(HelloCodec, UnknownKeysAndShapesOfValuesAreIgnored) {
    // {"v": 1, "x": [1, {}], 7: 8, "feat": ["new", 5, "goaway"], "name": nil, "max_msg": "big"}
    const auto hello = read_hello_map(from_hex(
        "86 a1 76 01 a1 78 92 01 80 07 08 a4 66 65 61 74 93 a3 6e 65 77 05 a6 67 6f 61 77 61 79 "
        "a4 6e 61 6d 65 c0 a7 6d 61 78 5f 6d 73 67 a3 62 69 67"
    ));
    ASSERT_TRUE(hello);
    EXPECT_TRUE(hello->features.has(Feature::goaway));
    EXPECT_EQ(hello->features.count(), 1U);
    EXPECT_EQ(hello->name, "");
    EXPECT_EQ(hello->max_message_bytes, 0U);
    EXPECT_TRUE(read_hello_map(from_hex("80")));
}

TEST(HelloCodec, BadShapes) {
    for (const char* map : {"c0", "01", "90", "a1 76", "81 a1 76 00", "81 a1 76 a1 31"})
        EXPECT_FALSE(read_hello_map(from_hex(map))) << map;
    for (const char* params : {"90", "91 01", "91 90", "92 80 80"})
        EXPECT_FALSE(read_hello_params(from_hex(params))) << params;
}

std::optional<Goaway> goaway_round_trip(const Goaway& goaway) {
    codec::Buffer out;
    write_goaway(out, goaway);
    codec::Message message;
    EXPECT_FALSE(codec::parse_message(out.view(), message));
    EXPECT_EQ(message.type, codec::MessageType::notification);
    EXPECT_EQ(message.method, kGoawayMethod);
    return read_goaway(message.params);
}

TEST(GoawayCodec, RoundTrips) {
    for (const auto last_id :
         {std::optional<std::uint32_t>{}, std::optional{0U}, std::optional{UINT32_MAX}}) {
        const auto back = goaway_round_trip(Goaway{"why", 30000, last_id});
        ASSERT_TRUE(back);
        EXPECT_EQ(back->reason, "why");
        EXPECT_EQ(back->grace_ms, 30000U);
        EXPECT_EQ(back->last_id, last_id);
    }
}

TEST(GoawayCodec, BadShapes) {
    for (const char* params :
         {"c0",
          "90",
          "92 a1 78 01",
          "93 01 01 01",
          "93 a1 78 ff 01",
          "93 a1 78 01 a1 78",
          "93 a1 78 01 ff"})
        EXPECT_FALSE(read_goaway(from_hex(params))) << params;
    // A newer peer may say more.
    EXPECT_TRUE(read_goaway(from_hex("94 a1 78 01 c0 80")));
}

}  // namespace
}  // namespace rollcall::rpc
