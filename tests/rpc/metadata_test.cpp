// Metadata and the trailing map of a message, without sockets.

#include <rollcall/base/result.h>
#include <rollcall/codec/pack.h>

#include "codec/hex.h"
#include "envelope.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::rpc {
namespace {

using codec::tests::from_hex;

Result<Envelope> envelope_of(codec::Bytes map) {
    Envelope envelope;
    if (auto wrong = read_envelope(map, envelope)) return *std::move(wrong);
    return envelope;
}

Envelope read(const codec::Buffer& map) {
    auto envelope = envelope_of(map.view());
    EXPECT_TRUE(envelope);
    return envelope ? std::move(*envelope) : Envelope{};
}

TEST(Metadata, KeepsTheOrderAndReplaces) {
    Metadata metadata;
    EXPECT_TRUE(metadata.empty());
    metadata.set("tenant", "blue");
    metadata.set("user", "7");
    metadata.set("tenant", "green");
    ASSERT_EQ(metadata.size(), 2U);
    EXPECT_EQ(metadata.begin()->name, "tenant");
    EXPECT_EQ(metadata.find("tenant"), "green");
    EXPECT_EQ(metadata.find("user"), "7");
    EXPECT_EQ(metadata.find("nobody"), std::nullopt);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(const Metadata& metadata) {
    Pairs pairs;
    for (const auto& [name, value] : metadata)
        pairs.emplace_back(name, value);
    return pairs;
}

TEST(Metadata, ReplacesAndErasesAnywhere) {
    const std::string long_value(300, 'x');
    for (const std::string name : {"first", "second", "third"}) {
        for (const std::string& value : {std::string{}, std::string{"3"}, long_value}) {
            Metadata metadata;
            Pairs expected{{"first", "1"}, {"second", "2"}, {"third", ""}};
            for (const auto& [each, text] : expected)
                metadata.set(each, text);
            metadata.set(name, value);
            const auto at = std::find_if(expected.begin(), expected.end(), [&](const auto& pair) {
                return pair.first == name;
            });
            at->second = value;
            EXPECT_EQ(pairs_of(metadata), expected);
            metadata.erase("nobody");
            EXPECT_EQ(pairs_of(metadata), expected);
            metadata.erase(name);
            expected.erase(at);
            EXPECT_EQ(pairs_of(metadata), expected);
            EXPECT_EQ(metadata.size(), 2U);
            EXPECT_FALSE(metadata.contains(name));
        }
    }
}

TEST(Metadata, TakesTextsOfItsOwn) {
    Metadata metadata;
    metadata.set("name", std::string(100, 'v'));
    for (int i = 0; i < 20; ++i)
        metadata.set("copy" + std::to_string(i), *metadata.find("name"));
    metadata.set("name", metadata.find("copy7")->substr(1));
    EXPECT_EQ(metadata.find("copy19"), std::string(100, 'v'));
    EXPECT_EQ(metadata.find("name"), std::string(99, 'v'));
    metadata.set("name", std::string(99, 'w'));
    metadata.set("name", metadata.find("name")->substr(0, 99));
    EXPECT_EQ(metadata.find("name"), std::string(99, 'w'));
}

TEST(Metadata, WhatWasErasedMakesRoom) {
    Metadata metadata;
    for (int round = 0; round < 3; ++round) {
        metadata.set("name", std::string(Metadata::kMaxBytes - 8 - 4, 'x'));
        EXPECT_FALSE(metadata.has_room("ab", ""));
        metadata.erase("name");
        EXPECT_TRUE(metadata.empty());
    }
}

TEST(Metadata, IsCopiedAndMovedWhole) {
    Metadata metadata;
    metadata.set("tenant", "blue");
    Metadata copy = metadata;
    copy.set("tenant", "red");
    EXPECT_EQ(metadata.find("tenant"), "blue");
    EXPECT_NE(copy, metadata);
    const Metadata moved = std::move(copy);
    EXPECT_EQ(moved.find("tenant"), "red");
    copy = metadata;
    EXPECT_EQ(copy, metadata);
    copy = Metadata{};
    EXPECT_TRUE(copy.empty());
    EXPECT_EQ(copy.size(), 0U);
    EXPECT_EQ(copy.begin(), copy.end());
}

TEST(Metadata, NamesHaveTwoTo128Bytes) {
    Metadata metadata;
    EXPECT_THROW(metadata.set("", "x"), std::length_error);
    EXPECT_THROW(metadata.set("t", "x"), std::length_error);
    EXPECT_NO_THROW(metadata.set("tt", "x"));
    EXPECT_NO_THROW(metadata.set(std::string(128, 'n'), "x"));
    EXPECT_THROW(metadata.set(std::string(129, 'n'), "x"), std::length_error);
    EXPECT_EQ(metadata.size(), 2U);
}

TEST(Metadata, AllTogetherHas8KiB) {
    const std::size_t room = Metadata::kMaxBytes - 8 - 4;
    Metadata metadata;
    metadata.set("name", std::string(room - 1, 'x'));
    EXPECT_FALSE(metadata.has_room("ab", ""));
    metadata.set("name", std::string(room, 'x'));
    EXPECT_THROW(metadata.set("name", std::string(room + 1, 'x')), std::length_error);
    EXPECT_EQ(metadata.find("name")->size(), room) << "what failed changes nothing";
    EXPECT_THROW(metadata.set("ab", ""), std::length_error);
    metadata.set("name", "");
    EXPECT_TRUE(metadata.has_room("ab", ""));
    EXPECT_NO_THROW(metadata.set("ab", ""));
}

TEST(Envelope, RoundTrips) {
    Metadata metadata;
    metadata.set("tenant", "blue");
    metadata.set("empty", "");
    codec::Buffer map;
    write_envelope(map, 1500, metadata);
    const Envelope envelope = read(map);
    EXPECT_EQ(envelope.budget_ms, 1500U);
    EXPECT_EQ(envelope.metadata, metadata);

    codec::Buffer empty;
    write_envelope(empty, std::nullopt, {});
    EXPECT_EQ(empty.view(), "\x80");
    EXPECT_EQ(read(empty).budget_ms, std::nullopt);
    EXPECT_TRUE(read(empty).metadata.empty());
}

TEST(Envelope, GoldenBytes) {
    Metadata metadata;
    metadata.set("ab", "c");
    codec::Buffer map;
    write_envelope(map, 200, metadata);
    // {"t": 200, "ab": "c"}
    EXPECT_EQ(map.view(), from_hex("82 a1 74 cc c8 a2 61 62 a1 63"));
}

TEST(Envelope, PassesOverWhatItDoesNotKnow) {
    // {"x": [1, {}], "t": "soon", 7: 8, "user": 5, "ok": "yes", nil: nil}
    const auto envelope = envelope_of(from_hex(
        "86 a1 78 92 01 80 a1 74 a4 73 6f 6f 6e 07 08 a4 75 73 65 72 05 a2 6f 6b a3 79 65 73 c0 c0"
    ));
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->budget_ms, std::nullopt);
    EXPECT_EQ(envelope->metadata.size(), 1U);
    EXPECT_EQ(envelope->metadata.find("ok"), "yes");
}

TEST(Envelope, RefusesMoreMetadataThanTheLimit) {
    const auto of = [](std::size_t bytes) {
        codec::Buffer map;
        codec::pack_map_head(map, 1);
        codec::pack_str(map, "name");
        codec::pack_str(map, std::string(bytes, 'x'));
        return std::string{map.view()};
    };
    const std::size_t room = Metadata::kMaxBytes - 8 - 4;
    EXPECT_TRUE(envelope_of(of(room)));
    const auto beyond = envelope_of(of(room + 1));
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code(), Errc::invalid_request);
    EXPECT_NE(beyond.error().message().find("8193"), std::string::npos);
}

// A name that was repeated a million times was looked for a million times.
TEST(Envelope, RefusesAMapThatIsLargerThanItsContentsCanBe) {
    const auto of = [](std::size_t pairs) {
        codec::Buffer map;
        codec::pack_map_head(map, pairs);
        for (std::size_t i = 0; i < pairs; ++i) {
            codec::pack_str(map, "ab");
            codec::pack_str(map, "");
        }
        return std::string{map.view()};
    };
    const std::size_t most = (2 * Metadata::kMaxBytes - 3) / 4;
    EXPECT_TRUE(envelope_of(of(most)));
    const auto beyond = envelope_of(of(most + 1));
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code(), Errc::invalid_request);
}

TEST(Envelope, BudgetsAreRoundedUp) {
    using namespace std::chrono_literals;
    EXPECT_EQ(budget_ms(0ns), 0U);
    EXPECT_EQ(budget_ms(1ns), 1U);
    EXPECT_EQ(budget_ms(1ms), 1U);
    EXPECT_EQ(budget_ms(1ms + 1ns), 2U);
    EXPECT_EQ(budget_ms(-1ms), 0U);
}

}  // namespace
}  // namespace rollcall::rpc
