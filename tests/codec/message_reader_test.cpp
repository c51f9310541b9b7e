// The reader cuts any stream into the same messages, however the bytes arrive.
#include <rollcall/codec/message_reader.h>

#include "codec/hex.h"
#include "codec/random_value.h"
#include "support/seed.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace rollcall::codec::tests {
namespace {

using Status = MessageReader::Status;
using Messages = std::vector<std::string>;

Messages random_messages(Random& random, std::size_t count) {
    Messages messages;
    for (std::size_t i = 0; i < count; ++i)
        messages.push_back(random_value(random));
    return messages;
}

std::string join(const Messages& messages) {
    std::string stream;
    for (const std::string& message : messages)
        stream += message;
    return stream;
}

// A take that collects and always goes on.
auto into(Messages& got) {
    return [&got](Bytes message) {
        got.emplace_back(message);
        return true;
    };
}

// A take that collects and stops each time.
auto one_into(Messages& got) {
    return [&got](Bytes message) {
        got.emplace_back(message);
        return false;
    };
}

// Mostly small chunks, some large ones.
std::size_t random_chunk(Random& random, std::size_t left) {
    const std::size_t most = below(random, 4) == 0 ? 100000 : 50;
    return std::min(left, 1 + below(random, most));
}

// bin32 of 1 MiB.
std::string large_message() {
    return from_hex("c6 00 10 00 00") + std::string(std::size_t{1} << 20U, 'x');
}

TEST(MessageReader, GivesTheSameMessagesForAnyChunks) {
    Random random{rollcall::tests::seed()};
    for (int round = 0; round < 20; ++round) {
        const Messages sent = random_messages(random, 30);
        const std::string stream = join(sent);
        MessageReader reader{Limits{}};
        Messages got;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t chunk = random_chunk(random, stream.size() - at);
            const std::string bytes = stream.substr(at, chunk);  // dies before the next chunk
            ASSERT_EQ(reader.feed(bytes, into(got)), Status::ok);
            at += chunk;
        }
        ASSERT_EQ(got, sent);
        EXPECT_FALSE(reader.has_partial());
        EXPECT_EQ(reader.held_bytes(), 0U);
    }
}

TEST(MessageReader, GivesTheSameMessagesByteByByte) {
    const Messages sent{
        from_hex("94 00 01 a3 61 64 64 92 01 02"),
        from_hex("c0"),
        from_hex("93 02 a4 6e 6f 74 65 91 da 00 03 78 79 7a"),
        from_hex("dc 00 03 01 ce 00 00 00 07 c7 02 05 01 02")};
    MessageReader reader{Limits{}};
    Messages got;
    for (const char byte : join(sent))
        ASSERT_EQ(reader.feed({&byte, 1}, into(got)), Status::ok);
    EXPECT_EQ(got, sent);
}

TEST(MessageReader, HandsOutWholeMessagesInPlaceAndCopiesOnlyTheHalfOne) {
    const std::string chunk = from_hex("92 01 02 92 03 04 92 05");
    MessageReader reader{Limits{}};
    std::vector<const char*> places;
    const auto take = [&](Bytes message) {
        places.push_back(message.data());
        return true;
    };
    ASSERT_EQ(reader.feed(chunk, take), Status::ok);
    EXPECT_EQ(places, (std::vector<const char*>{chunk.data(), chunk.data() + 3}));
    EXPECT_TRUE(reader.has_partial());
    EXPECT_EQ(reader.held_bytes(), 2U);

    // The end of the half message is copied behind it, what follows is taken in place again.
    const std::string next = from_hex("06 92 07 08");
    ASSERT_EQ(reader.feed(next, take), Status::ok);
    ASSERT_EQ(places.size(), 4U);
    EXPECT_EQ(places[3], next.data() + 1);
    EXPECT_FALSE(reader.has_partial());
    EXPECT_EQ(reader.held_bytes(), 0U);
}

TEST(MessageReader, HoldsTheBytesThatCameAndNotThosePromised) {
    MessageReader reader{Limits{}};
    Messages got;
    ASSERT_EQ(reader.feed(from_hex("c6 00 ff 00 00"), into(got)), Status::ok);
    EXPECT_EQ(reader.held_bytes(), 5U);
    ASSERT_EQ(reader.feed(std::string(1000, 'x'), into(got)), Status::ok);
    EXPECT_EQ(reader.held_bytes(), 1005U);
    EXPECT_TRUE(got.empty());
}

TEST(MessageReader, IgnoresEmptyChunks) {
    MessageReader reader{Limits{}};
    Messages got;
    ASSERT_EQ(reader.feed({}, into(got)), Status::ok);
    EXPECT_FALSE(reader.has_partial());
    ASSERT_EQ(reader.feed(from_hex("92 01"), into(got)), Status::ok);
    ASSERT_EQ(reader.feed({}, into(got)), Status::ok);
    EXPECT_EQ(reader.held_bytes(), 2U);
}

TEST(MessageReader, KeepsOrderAndBytesOverPauses) {
    Random random{rollcall::tests::seed()};
    for (int round = 0; round < 20; ++round) {
        const Messages sent = random_messages(random, 30);
        const std::string stream = join(sent);
        MessageReader reader{Limits{}};
        Messages got;
        const auto take = [&](Bytes message) {
            got.emplace_back(message);
            return below(random, 2) == 0;
        };
        for (std::size_t at = 0; at < stream.size();) {
            // Bytes may also arrive while it is paused.
            const std::size_t chunk = random_chunk(random, stream.size() - at);
            ASSERT_EQ(reader.feed(stream.substr(at, chunk), take), Status::ok);
            at += chunk;
            if (below(random, 2) == 0) {
                ASSERT_EQ(reader.resume(take), Status::ok);
            }
        }
        while (reader.paused())
            ASSERT_EQ(reader.resume(take), Status::ok);
        ASSERT_EQ(got, sent);
        EXPECT_EQ(reader.held_bytes(), 0U);
    }
}

TEST(MessageReader, PausesAfterEachMessageThatSaysSo) {
    MessageReader reader{Limits{}};
    Messages got;
    ASSERT_EQ(reader.feed(from_hex("01 02 91"), one_into(got)), Status::ok);
    EXPECT_EQ(got, (Messages{from_hex("01")}));
    EXPECT_TRUE(reader.paused());
    EXPECT_EQ(reader.held_bytes(), 2U);
    ASSERT_EQ(reader.feed(from_hex("03 04"), one_into(got)), Status::ok);
    EXPECT_EQ(got.size(), 1U);
    EXPECT_EQ(reader.held_bytes(), 4U);
    EXPECT_FALSE(reader.has_partial());
    EXPECT_TRUE(reader.large_message_room().empty());

    ASSERT_EQ(reader.resume(one_into(got)), Status::ok);
    EXPECT_EQ(got.back(), from_hex("02"));
    EXPECT_EQ(reader.held_bytes(), 3U);
    ASSERT_EQ(reader.resume(one_into(got)), Status::ok);
    EXPECT_EQ(got.back(), from_hex("91 03"));
    ASSERT_EQ(reader.resume(one_into(got)), Status::ok);
    EXPECT_EQ(got.back(), from_hex("04"));
    EXPECT_TRUE(reader.paused());
    EXPECT_EQ(reader.held_bytes(), 0U);
    ASSERT_EQ(reader.resume(one_into(got)), Status::ok);
    EXPECT_FALSE(reader.paused());
    EXPECT_EQ(got.size(), 4U);
}

TEST(MessageReader, PausesWhenTheHalfMessageIsCompleted) {
    MessageReader reader{Limits{}};
    Messages got;
    ASSERT_EQ(reader.feed(from_hex("92 01"), one_into(got)), Status::ok);
    ASSERT_EQ(reader.feed(from_hex("02 03 92"), one_into(got)), Status::ok);
    EXPECT_EQ(got, (Messages{from_hex("92 01 02")}));
    EXPECT_TRUE(reader.paused());
    ASSERT_EQ(reader.resume(into(got)), Status::ok);
    EXPECT_EQ(got.back(), from_hex("03"));
    EXPECT_TRUE(reader.has_partial());
    EXPECT_EQ(reader.held_bytes(), 1U);
}

TEST(MessageReader, TakesALargeMessageStraightIntoPlace) {
    const std::string message = large_message();
    MessageReader reader{Limits{}};
    Messages got;
    EXPECT_TRUE(reader.large_message_room().empty());
    std::size_t at = 10;
    ASSERT_EQ(reader.feed({message.data(), at}, into(got)), Status::ok);
    while (got.empty()) {
        const std::span<char> room = reader.large_message_room();
        if (room.empty()) break;
        // The room follows the bytes that came: doubling, from 128 KiB.
        EXPECT_LE(room.size(), std::max(at, std::size_t{128} << 10U));
        const std::size_t read = std::min(room.size(), std::size_t{50000});
        ASSERT_LE(at + read, message.size());
        std::memcpy(room.data(), message.data() + at, read);
        at += read;
        ASSERT_EQ(reader.fed(read, into(got)), Status::ok);
        if (got.empty()) {
            EXPECT_EQ(reader.held_bytes(), at);
        }
    }
    // Less than 16 KiB is left, or nothing: too little to be worth it.
    EXPECT_LT(message.size() - at, std::size_t{16} << 10U);
    ASSERT_EQ(reader.feed(message.substr(at) + "\x07", into(got)), Status::ok);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_TRUE(got[0] == message);
    EXPECT_EQ(got[1], from_hex("07"));
    EXPECT_EQ(reader.held_bytes(), 0U);
}

TEST(MessageReader, OffersNoRoomBeyondTheMessage) {
    const std::string message = from_hex("c5 ff ff") + std::string(65535, 'x');
    MessageReader reader{Limits{}};
    Messages got;
    ASSERT_EQ(reader.feed({message.data(), 3}, into(got)), Status::ok);
    const std::span<char> room = reader.large_message_room();
    ASSERT_EQ(room.size(), 65535U);
    std::memcpy(room.data(), message.data() + 3, room.size());
    ASSERT_EQ(reader.fed(room.size(), one_into(got)), Status::ok);
    EXPECT_EQ(got, (Messages{message}));
    EXPECT_TRUE(reader.paused());
    EXPECT_TRUE(reader.large_message_room().empty());
}

TEST(MessageReader, FindsBadBytesInTheRoomToo) {
    for (const auto& [bytes, status] :
         {std::pair{from_hex("01 c1"), Status::invalid},
          std::pair{repeat(64, "91"), Status::too_deep},
          std::pair{from_hex("dd 7f ff ff ff"), Status::too_large}}) {
        MessageReader reader{Limits{}};
        Messages got;
        ASSERT_EQ(reader.feed(from_hex("dd 00 10 00 00"), into(got)), Status::ok);
        const std::span<char> room = reader.large_message_room();
        ASSERT_GE(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), bytes.size());
        EXPECT_EQ(reader.fed(bytes.size(), into(got)), status);
        EXPECT_TRUE(got.empty());
    }
}

TEST(MessageReader, HandsOutWhatCameBeforeBadBytes) {
    for (const auto& [bytes, status] :
         {std::pair{from_hex("91 c1"), Status::invalid},
          std::pair{repeat(65, "91"), Status::too_deep},
          std::pair{from_hex("dd ff 00 00 00"), Status::too_large}}) {
        const std::string stream = from_hex("01 92 02 03") + bytes;
        for (std::size_t cut = 0; cut < stream.size(); ++cut) {
            MessageReader reader{Limits{}};
            Messages got;
            ASSERT_EQ(reader.feed(stream.substr(0, cut), into(got)), Status::ok) << cut;
            ASSERT_EQ(reader.feed(stream.substr(cut), into(got)), status) << cut;
            EXPECT_EQ(got, (Messages{from_hex("01"), from_hex("92 02 03")})) << cut;
        }
    }
}

}  // namespace
}  // namespace rollcall::codec::tests
