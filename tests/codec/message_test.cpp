// Golden bytes of every kind of message, what is forgiven, and what is said about the rest.
#include <rollcall/codec/arguments.h>
#include <rollcall/codec/limits.h>
#include <rollcall/codec/message.h>

#include "codec/hex.h"

#include <gtest/gtest.h>

namespace rollcall::codec::tests {
namespace {

std::string request(std::uint32_t id) {
    Buffer out;
    write_request_head(out, id);
    pack_str(out, "add");
    pack_arguments(out, 1, 2);
    return std::string{out.view()};
}

TEST(Message, RequestsHaveTheseBytes) {
    const std::string add = " a3 61 64 64 92 01 02";
    EXPECT_EQ(to_hex(request(0)), "94 00 00" + add);
    EXPECT_EQ(to_hex(request(1)), "94 00 01" + add);
    EXPECT_EQ(to_hex(request(127)), "94 00 7f" + add);
    EXPECT_EQ(to_hex(request(128)), "94 00 cc 80" + add);
    EXPECT_EQ(to_hex(request(255)), "94 00 cc ff" + add);
    EXPECT_EQ(to_hex(request(256)), "94 00 cd 01 00" + add);
    EXPECT_EQ(to_hex(request(65535)), "94 00 cd ff ff" + add);
    EXPECT_EQ(to_hex(request(65536)), "94 00 ce 00 01 00 00" + add);
    EXPECT_EQ(to_hex(request(0xffffffff)), "94 00 ce ff ff ff ff" + add);
}

TEST(Message, OthersHaveTheseBytes) {
    Buffer notification;
    write_notification_head(notification);
    pack_str(notification, "note");
    pack_arguments(notification, "hi");
    EXPECT_EQ(to_hex(notification.view()), "93 02 a4 6e 6f 74 65 91 a2 68 69");

    Buffer result;
    write_result_head(result, 300);
    pack(result, 3);
    EXPECT_EQ(to_hex(result.view()), "94 01 cd 01 2c c0 03");

    Buffer error;
    write_error_response(error, 1, "NO");
    EXPECT_EQ(to_hex(error.view()), "94 01 01 a2 4e 4f c0");
}

TEST(Message, ParsesWhatItWrites) {
    for (const std::uint32_t id : {0U, 1U, 127U, 128U, 65535U, 65536U, 0xffffffffU}) {
        const std::string frame = request(id);
        Message message;
        ASSERT_FALSE(parse_message(frame, message)) << id;
        EXPECT_EQ(message.type, MessageType::request);
        EXPECT_EQ(message.id, id);
        EXPECT_EQ(message.method, "add");
        EXPECT_EQ(to_hex(message.params), "92 01 02");
        EXPECT_EQ(message.params.data() + message.params.size(), frame.data() + frame.size());
    }
}

TEST(Message, ParsesNotificationsAndResponses) {
    Message message;
    const std::string notification = from_hex("93 02 a4 6e 6f 74 65 91 a2 68 69");
    ASSERT_FALSE(parse_message(notification, message));
    EXPECT_EQ(message.type, MessageType::notification);
    EXPECT_EQ(message.method, "note");
    EXPECT_EQ(to_hex(message.params), "91 a2 68 69");

    const std::string result = from_hex("94 01 cd 01 2c c0 92 03 04");
    ASSERT_FALSE(parse_message(result, message));
    EXPECT_EQ(message.type, MessageType::response);
    EXPECT_EQ(message.id, 300U);
    EXPECT_EQ(message.error, kNil);
    EXPECT_EQ(to_hex(message.result), "92 03 04");

    const std::string error = from_hex("94 01 05 93 01 a1 78 c0 c0");
    ASSERT_FALSE(parse_message(error, message));
    EXPECT_EQ(message.id, 5U);
    EXPECT_EQ(to_hex(message.error), "93 01 a1 78 c0");
    EXPECT_EQ(message.result, kNil);
}

TEST(Message, TakesAnyIntegerEncodingOfIdsAndTypes) {
    for (const char* seven :
         {"07",
          "cc 07",
          "cd 00 07",
          "ce 00 00 00 07",
          "cf 00 00 00 00 00 00 00 07",
          "d0 07",
          "d1 00 07",
          "d2 00 00 00 07",
          "d3 00 00 00 00 00 00 00 07"}) {
        Message message;
        const std::string request = from_hex(std::string{"94 00 "} + seven + " a1 6d 90");
        ASSERT_FALSE(parse_message(request, message)) << seven;
        EXPECT_EQ(message.id, 7U) << seven;
        const std::string response = from_hex(std::string{"94 01 "} + seven + " c0 c0");
        ASSERT_FALSE(parse_message(response, message)) << seven;
        EXPECT_EQ(message.id, 7U) << seven;
    }
    Message message;
    const std::string typed = from_hex("dd 00 00 00 03 d1 00 02 a1 6d 90");
    ASSERT_FALSE(parse_message(typed, message));
    EXPECT_EQ(message.type, MessageType::notification);
}

TEST(Message, TakesNilForNoParamsAndBytesForTheMethod) {
    Message message;
    const std::string frame = from_hex("94 00 07 c4 01 6d c0");
    ASSERT_FALSE(parse_message(frame, message));
    EXPECT_EQ(message.method, "m");
    EXPECT_EQ(message.params, kEmptyArray);
    const std::string notification = from_hex("93 02 d9 01 6d c0");
    ASSERT_FALSE(parse_message(notification, message));
    EXPECT_EQ(message.method, "m");
    EXPECT_EQ(message.params, kEmptyArray);
}

TEST(Message, MethodNamesHaveALimit) {
    for (const std::size_t size : {kMaxMethodBytes - 1, kMaxMethodBytes, kMaxMethodBytes + 1}) {
        Buffer frame;
        write_request_head(frame, 7);
        pack_str(frame, std::string(size, 'm'));
        pack_array_head(frame, 0);
        Message message;
        const auto bad = parse_message(frame.view(), message);
        EXPECT_EQ(bad.has_value(), size > kMaxMethodBytes) << size;
        if (bad) {
            EXPECT_EQ(bad->reason, "the method name has 256 bytes; the limit is 255");
            EXPECT_EQ(bad->request_id, 7U);
        } else {
            EXPECT_EQ(message.method.size(), size);
        }
    }
}

struct Bad {
    const char* hex;
    const char* reason;
    std::optional<std::uint32_t> request_id;
};

TEST(Message, SaysWhatIsWrongAndWhomToTell) {
    const char* const kRequestId = "the id of a request must be an unsigned 32-bit integer";
    const char* const kResponseId = "the id of a response must be an unsigned 32-bit integer";
    const char* const kType = "the message type must be 0, 1 or 2";
    const std::vector<Bad> table{
        {"07", "a message must be an array, not int 7", {}},
        {"a1 78", "a message must be an array, not string", {}},
        {"80", "a message must be an array, not map of 0", {}},
        {"90", "a message has 3 or 4 elements, not 0", {}},
        {"92 00 07", "a message has 3 or 4 elements, not 2", {}},
        {"93 03 a1 6d 90", kType, {}},
        {"94 ff 07 a1 6d 90", kType, {}},
        {"94 c0 07 a1 6d 90", kType, {}},
        {"94 a1 30 07 a1 6d 90", kType, {}},
        {"94 cf 00 00 00 01 00 00 00 00 07 a1 6d 90", kType, {}},
        {"94 00 ff a1 6d 90", kRequestId, {}},
        {"94 00 c0 a1 6d 90", kRequestId, {}},
        {"94 00 a1 37 a1 6d 90", kRequestId, {}},
        {"94 00 ca 40 e0 00 00 a1 6d 90", kRequestId, {}},
        {"94 00 cf 00 00 00 01 00 00 00 00 a1 6d 90", kRequestId, {}},
        {"93 00 07 a1 6d", "a request is an array of 4 elements, not 3", 7},
        {"95 00 07 a1 6d 90 80", "a request is an array of 4 elements, not 5", 7},
        {"94 00 07 05 90", "the method must be a string, not int 5", 7},
        {"94 00 07 c0 90", "the method must be a string, not nil", 7},
        {"94 00 07 a1 6d 81 01 02", "the params must be an array, not map of 1", 7},
        {"94 00 07 a1 6d 05", "the params must be an array, not int 5", 7},
        {"94 00 07 a1 6d c3", "the params must be an array, not bool true", 7},
        {"93 01 07 c0", "a response is an array of 4 elements, not 3", {}},
        {"95 01 07 c0 c0 c0", "a response is an array of 4 elements, not 5", {}},
        {"94 01 ff c0 c0", kResponseId, {}},
        {"94 01 cf 00 00 00 01 00 00 00 00 c0 c0", kResponseId, {}},
        {"94 02 a1 6d 90 90", "a notification is an array of 3 elements, not 4", {}},
        {"93 02 07 90", "the method must be a string, not int 7", {}},
        {"93 02 a1 6d a1 78", "the params must be an array, not string", {}},
    };
    for (const Bad& row : table) {
        Message message;
        const auto bad = parse_message(from_hex(row.hex), message);
        ASSERT_TRUE(bad) << row.hex;
        EXPECT_EQ(bad->reason, row.reason) << row.hex;
        EXPECT_EQ(bad->request_id, row.request_id) << row.hex;
    }
}

TEST(Message, KnowsTheFirstBytesOfAMessage) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool expected = (byte >= 0x93 && byte <= 0x95) || byte == 0xdc || byte == 0xdd;
        EXPECT_EQ(can_start_message(static_cast<char>(byte)), expected) << byte;
    }
}

TEST(MessageMetadata, IsTheLastElementOfEachMessage) {
    struct Row {
        const char* hex;
        MessageType type;
    };

    for (const Row& row :
         {Row{"95 00 07 a1 66 91 01 81 a1 74 05", MessageType::request},
          Row{"95 01 07 c0 05 81 a1 74 05", MessageType::response},
          Row{"94 02 a1 66 91 01 81 a1 74 05", MessageType::notification}}) {
        Message message;
        const std::string frame = from_hex(row.hex);
        ASSERT_FALSE(parse_message(frame, message, Shape::with_metadata)) << row.hex;
        EXPECT_EQ(message.type, row.type);
        EXPECT_EQ(to_hex(message.metadata), "81 a1 74 05");
        if (row.type == MessageType::response) {
            EXPECT_EQ(to_hex(message.result), "05");
        } else {
            EXPECT_EQ(to_hex(message.params), "91 01");
        }
        Message plain;
        EXPECT_TRUE(parse_message(frame, plain)) << "nobody has agreed on it: " << row.hex;
    }
}

TEST(MessageMetadata, MayBeLeftOut) {
    for (const char* const hex : {"94 00 07 a1 66 90", "94 01 07 c0 05", "93 02 a1 66 c0"}) {
        Message message;
        const std::string frame = from_hex(hex);
        EXPECT_FALSE(parse_message(frame, message, Shape::with_metadata)) << hex;
        EXPECT_TRUE(message.metadata.empty());
    }
}

TEST(MessageMetadata, IsAMapAndNothingElse) {
    Message message;
    const auto request =
        parse_message(from_hex("95 00 07 a1 66 90 05"), message, Shape::with_metadata);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->request_id, 7U) << "it can be answered";
    EXPECT_EQ(request->reason, "the metadata must be a map, not int 5");
    for (const char* const hex : {"95 01 07 c0 05 c0", "94 02 a1 66 90 90"})
        EXPECT_TRUE(parse_message(from_hex(hex), message, Shape::with_metadata)) << hex;
    const auto longer =
        parse_message(from_hex("96 00 07 a1 66 90 80 80"), message, Shape::with_metadata);
    ASSERT_TRUE(longer);
    EXPECT_EQ(longer->reason, "a request is an array of 4 or 5 elements, not 6");
}

TEST(MessageMetadata, GoldenBytesOfARequestWithABudget) {
    Buffer out;
    write_request_head(out, 1, Shape::with_metadata);
    pack_str(out, "add");
    out.append(from_hex("92 01 02 81 a1 74 cc c8"));
    EXPECT_EQ(to_hex(out.view()), "95 00 01 a3 61 64 64 92 01 02 81 a1 74 cc c8");
    Buffer reply;
    reply.append("before");
    write_result_head(reply, 1);
    reply.push_back('\x03');
    announce_response_metadata(reply, 6);
    reply.append(from_hex("80"));
    EXPECT_EQ(to_hex(reply.view().substr(6)), "95 01 01 c0 03 80");
}

}  // namespace
}  // namespace rollcall::codec::tests
