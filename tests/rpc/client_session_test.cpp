// The client's side of a connection, without sockets.

#include "session_fixture.h"

#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

TEST_F(Session, CompletesEachCallOnceWithItsReply) {
    const Started first = start();
    const Started second = start();
    EXPECT_FALSE(hear_result(second.call->wire_id(), 2));
    EXPECT_FALSE(hear_error(first.call->wire_id(), "NOT_FOUND: nothing"));
    ASSERT_EQ(second.call->ends.size(), 1U);
    EXPECT_EQ(second.call->ends[0], "\x02");
    ASSERT_TRUE(first.call->failure.has_value());
    EXPECT_EQ(first.call->failure->code(), Errc::method_not_found);
    EXPECT_EQ(first.call->failure->method(), "method");
    EXPECT_EQ(first.call->failure->endpoint(), "server:1");

    EXPECT_FALSE(hear_result(second.call->wire_id(), 3));
    EXPECT_EQ(second.call->ends.size(), 1U);
    EXPECT_EQ(session.calls().take_late_replies(), 1U);
    EXPECT_EQ(session.calls().take_late_replies(), 0U);
}

TEST_F(Session, LearnsFromTheHelloWhatThePeerSpeaks) {
    EXPECT_EQ(session.dialect(), Dialect::unknown);
    session.open(out);
    const std::uint32_t id = hello_id();
    EXPECT_TRUE(session.hello_unanswered());
    hear_hello_answer(id, 0);
    EXPECT_EQ(session.dialect(), Dialect::rollcall);
    EXPECT_FALSE(session.hello_unanswered());
    EXPECT_FALSE(session.calls().answered()) << "the hello is no call";
}

TEST_F(Session, AnErrorOrAnythingElseInAnswerToTheHelloMeansPlain) {
    session.open(out);
    EXPECT_FALSE(hear_error(hello_id(), "Invalid method"));
    EXPECT_EQ(session.dialect(), Dialect::plain);

    ClientSession other{options, methods, "server:1", true};
    codec::Buffer bytes;
    other.open(bytes);
    codec::Message hello;
    ASSERT_FALSE(codec::parse_message(bytes.view(), hello));
    codec::Buffer answer;
    codec::write_result_head(answer, hello.id);
    codec::pack(answer, std::string{"whatever"});
    EXPECT_FALSE(other.on_message(answer.view(), bytes).close);
    EXPECT_EQ(other.dialect(), Dialect::plain);
}

TEST_F(Session, WithoutHelloNothingIsSentFirstAndThePeerIsPlain) {
    ClientSession plain{options, methods, "server:1", false};
    plain.open(out);
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(plain.dialect(), Dialect::plain);
    EXPECT_FALSE(plain.hello_unanswered());
}

TEST_F(Session, MethodNamesMayBeLongerForRollcallPeersThanForPlainOnes) {
    EXPECT_TRUE(start(PackedInvocation::pack(std::string(255, 'm'))).call->ends.empty());
    const Started too_long = start(PackedInvocation::pack(std::string(256, 'm')));
    ASSERT_TRUE(too_long.call->failure.has_value());
    EXPECT_EQ(too_long.call->failure->code(), Errc::message_too_large);
    EXPECT_EQ(too_long.call->failure->sent(), Sent::not_sent);
    EXPECT_NE(too_long.call->failure->message().find("256"), std::string::npos);

    ClientSession plain{options, methods, "server:1", false};
    EXPECT_TRUE(start(plain, PackedInvocation::pack(std::string(100, 'm'))).call->ends.empty());
    const Started longer = start(plain, PackedInvocation::pack(std::string(101, 'm')));
    EXPECT_TRUE(longer.call->failure.has_value());
}

TEST_F(Session, HonoursThePeersMessageLimitToTheByte) {
    session.open(out);
    const auto invocation = PackedInvocation::pack("method", std::string(5000, 'x'));
    const std::size_t size = invocation.body().size() + 7;  // with array, type and id
    hear_hello_answer(hello_id(), size);
    EXPECT_TRUE(start(invocation).call->ends.empty());
    const auto larger = PackedInvocation::pack("method", std::string(5001, 'x'));
    const Started refused = start(larger);
    ASSERT_TRUE(refused.call->failure.has_value());
    EXPECT_EQ(refused.call->failure->code(), Errc::message_too_large);
    EXPECT_EQ(refused.call->failure->sent(), Sent::not_sent);
    EXPECT_EQ(session.calls().size(), 1U);
}

TEST_F(Session, GoawayGivesBackWhatComesAfterItsLastId) {
    const Started first = start();
    const Started second = start();
    const Started third = start();
    EXPECT_FALSE(hear_goaway(second.call->wire_id()));
    EXPECT_TRUE(session.going_away());
    const auto back = session.take_unexecuted();
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(&*back[0], third.call);
    EXPECT_FALSE(hear_result(first.call->wire_id(), 1));
    EXPECT_FALSE(hear_result(third.call->wire_id(), 1));
    EXPECT_TRUE(third.call->ends.empty()) << "a reply to a call that has left is late";
    EXPECT_EQ(session.calls().take_late_replies(), 1U);
    EXPECT_EQ(session.calls().size(), 1U);
}

TEST_F(Session, GoawayWithoutLastIdGivesBackAll) {
    const Started first = start();
    const Started second = start();
    EXPECT_FALSE(hear_goaway(std::nullopt));
    EXPECT_EQ(session.take_unexecuted().size(), 2U);
}

TEST_F(Session, GoawayIsRightWhereIdsWrapAround) {
    const PackedInvocation invocation = PackedInvocation::pack("method");
    for (const std::uint32_t last : {UINT32_MAX - 1, UINT32_MAX, 0U, 1U}) {
        ClientSession wrapping{options, methods, "server:1", false, UINT32_MAX - 1};
        const std::vector<Started> started{
            start(wrapping, invocation),
            start(wrapping, invocation),
            start(wrapping, invocation),
            start(wrapping, invocation)};
        EXPECT_EQ(started[3].call->wire_id(), 1U);
        codec::Buffer message;
        write_goaway(message, Goaway{"bye", 10, last});
        EXPECT_FALSE(wrapping.on_message(message.view(), out).close);
        const std::uint32_t executed = last - (UINT32_MAX - 1) + 1;
        EXPECT_EQ(wrapping.take_unexecuted().size(), 4 - executed) << last;
    }
}

TEST_F(Session, ForeignGoawaysAreIgnored) {
    for (const std::string_view params : {"\x90", "\xc0", "\x93\x01\x02\x03", "\x92\xa0\x00"}) {
        codec::Buffer message;
        codec::write_notification_head(message);
        codec::pack_str(message, kGoawayMethod);
        message.append(params);
        EXPECT_FALSE(hear(message));
        EXPECT_FALSE(session.going_away());
    }
}

TEST_F(Session, ExpiresExactlyTheLate) {
    const TimePoint now = SteadyClock::now();
    const PackedInvocation invocation = PackedInvocation::pack("method");
    const Started late = start(invocation, Deadline::at(now));
    const Started early = start(invocation, Deadline::at(now + Duration{1}));
    session.calls().expire(now, out);
    ASSERT_TRUE(late.call->failure.has_value());
    EXPECT_EQ(late.call->failure->code(), Errc::timed_out);
    EXPECT_EQ(late.call->failure->sent(), Sent::maybe_sent);
    EXPECT_TRUE(early.call->ends.empty());
    EXPECT_EQ(session.calls().earliest().point(), now + Duration{1});
}

TEST_F(Session, ARequestOfTheServerIsAnsweredWithAnError) {
    codec::Buffer request;
    codec::write_request_head(request, 99);
    codec::pack_str(request, "anything");
    codec::pack_array_head(request, 0);
    EXPECT_FALSE(hear(request));
    codec::Message answer;
    ASSERT_FALSE(codec::parse_message(out.view(), answer));
    EXPECT_EQ(answer.type, codec::MessageType::response);
    EXPECT_EQ(answer.id, 99U);
    EXPECT_NE(answer.error, codec::kNil);
}

TEST_F(Session, AMessageThatIsNoneEndsTheConnection) {
    codec::Buffer number;
    codec::pack(number, 4);
    EXPECT_TRUE(hear(number).has_value());
}

}  // namespace
}  // namespace rollcall::rpc
