// The client's side of a connection, without sockets.

#include "client_session.h"

#include <rollcall/codec/message_reader.h>
#include <rollcall/codec/pack.h>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

// Keeps how it ended. Owned by its CallPtrs, looked at while they live.
class RecordedCall final : public Call {
public:
    using Call::Call;

    void finish(codec::Bytes result) noexcept override { ends.emplace_back(result); }

    void fail(Error&& error) noexcept override {
        ends.emplace_back();
        failure = std::move(error);
    }

    std::vector<std::string> ends;
    std::optional<Error> failure;

private:
    void destroy() noexcept override { delete this; }
};

class Session : public testing::Test {
protected:
    struct Started {
        CallPtr owner;
        RecordedCall* call;
    };

    [[nodiscard]] Started start(
        ClientSession& on, const PackedInvocation& invocation, Deadline deadline = {}
    ) {
        auto* call = new RecordedCall{invocation, deadline};
        Started started{CallPtr{call}, call};
        large_body = on.start(started.owner, out);
        return started;
    }

    [[nodiscard]] Started start(const PackedInvocation& invocation, Deadline deadline = {}) {
        return start(session, invocation, deadline);
    }

    [[nodiscard]] Started start() { return start(PackedInvocation::pack("method")); }

    std::optional<std::string> hear(const codec::Buffer& message) {
        return session.on_message(message.view(), out);
    }

    std::optional<std::string> hear_result(std::uint32_t id, int result) {
        codec::Buffer message;
        codec::write_result_head(message, id);
        codec::pack(message, result);
        return hear(message);
    }

    std::optional<std::string> hear_error(std::uint32_t id, std::string_view text) {
        codec::Buffer message;
        codec::write_error_response(message, id, text);
        return hear(message);
    }

    std::optional<std::string> hear_goaway(std::optional<std::uint32_t> last_id) {
        codec::Buffer message;
        write_goaway(message, Goaway{"bye", 10, last_id});
        return hear(message);
    }

    // The id of the only message in `out`, which is a hello.
    [[nodiscard]] std::uint32_t hello_id() const {
        codec::Message message;
        EXPECT_FALSE(codec::parse_message(out.view(), message));
        EXPECT_EQ(message.method, kHelloMethod);
        return message.id;
    }

    void hear_hello_answer(std::uint32_t id, std::uint64_t max_message_bytes) {
        Hello hello;
        hello.max_message_bytes = max_message_bytes;
        codec::Buffer message;
        codec::write_result_head(message, id);
        write_hello_map(message, hello);
        EXPECT_FALSE(hear(message));
    }

    ClientOptions options;
    codec::Buffer out;
    std::shared_ptr<const codec::Buffer> large_body;
    ClientSession session{options, "server:1", true};
};

TEST_F(Session, CompletesEachCallOnceWithItsReply) {
    const Started first = start();
    const Started second = start();
    EXPECT_FALSE(hear_result(second.call->id, 2));
    EXPECT_FALSE(hear_error(first.call->id, "NOT_FOUND: nothing"));
    ASSERT_EQ(second.call->ends.size(), 1U);
    EXPECT_EQ(second.call->ends[0], "\x02");
    ASSERT_TRUE(first.call->failure.has_value());
    EXPECT_EQ(first.call->failure->code(), Errc::method_not_found);
    EXPECT_EQ(first.call->failure->method(), "method");
    EXPECT_EQ(first.call->failure->endpoint(), "server:1");

    EXPECT_FALSE(hear_result(second.call->id, 3));
    EXPECT_EQ(second.call->ends.size(), 1U);
    EXPECT_EQ(session.take_late_replies(), 1U);
    EXPECT_EQ(session.take_late_replies(), 0U);
}

TEST_F(Session, LearnsFromTheHelloWhatThePeerSpeaks) {
    EXPECT_EQ(session.dialect(), Dialect::unknown);
    session.open(out);
    const std::uint32_t id = hello_id();
    EXPECT_TRUE(session.hello_unanswered());
    hear_hello_answer(id, 0);
    EXPECT_EQ(session.dialect(), Dialect::rollcall);
    EXPECT_FALSE(session.hello_unanswered());
    EXPECT_FALSE(session.answered()) << "the hello is no call";
}

TEST_F(Session, AnErrorOrAnythingElseInAnswerToTheHelloMeansPlain) {
    session.open(out);
    EXPECT_FALSE(hear_error(hello_id(), "Invalid method"));
    EXPECT_EQ(session.dialect(), Dialect::plain);

    ClientSession other{options, "server:1", true};
    codec::Buffer bytes;
    other.open(bytes);
    codec::Message hello;
    ASSERT_FALSE(codec::parse_message(bytes.view(), hello));
    codec::Buffer answer;
    codec::write_result_head(answer, hello.id);
    codec::pack(answer, std::string{"whatever"});
    EXPECT_FALSE(other.on_message(answer.view(), bytes));
    EXPECT_EQ(other.dialect(), Dialect::plain);
}

TEST_F(Session, WithoutHelloNothingIsSentFirstAndThePeerIsPlain) {
    ClientSession plain{options, "server:1", false};
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

    ClientSession plain{options, "server:1", false};
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
    EXPECT_EQ(session.pending(), 1U);
}

TEST_F(Session, GoawayGivesBackWhatComesAfterItsLastId) {
    const Started first = start();
    const Started second = start();
    const Started third = start();
    EXPECT_FALSE(hear_goaway(second.call->id));
    EXPECT_TRUE(session.going_away());
    const auto back = session.take_unexecuted();
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(&*back[0], third.call);
    EXPECT_FALSE(hear_result(first.call->id, 1));
    EXPECT_FALSE(hear_result(third.call->id, 1));
    EXPECT_TRUE(third.call->ends.empty()) << "a reply to a call that has left is late";
    EXPECT_EQ(session.take_late_replies(), 1U);
    EXPECT_EQ(session.pending(), 1U);
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
        ClientSession wrapping{options, "server:1", false, UINT32_MAX - 1};
        const std::vector<Started> started{
            start(wrapping, invocation),
            start(wrapping, invocation),
            start(wrapping, invocation),
            start(wrapping, invocation)};
        EXPECT_EQ(started[3].call->id, 1U);
        codec::Buffer message;
        write_goaway(message, Goaway{"bye", 10, last});
        EXPECT_FALSE(wrapping.on_message(message.view(), out));
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

TEST_F(Session, WhatTheKernelHasNotTakenWhollyWasNotSent) {
    const Started first = start();
    const Started second = start();
    const std::uint64_t end = first.call->wire_end;
    EXPECT_GT(second.call->wire_end, end);
    EXPECT_EQ(second.call->wire_end, out.size());
    const auto unsent = session.take_unsent(end);
    ASSERT_EQ(unsent.size(), 1U);
    EXPECT_EQ(&*unsent[0], second.call);
    EXPECT_EQ(session.take_unsent(end - 1).size(), 1U);
    EXPECT_EQ(session.pending(), 0U);
}

TEST_F(Session, CountsLargeBodiesAsWireBytes) {
    session.open(out);
    const Started large = start(PackedInvocation::pack("m", std::string(100000, 'x')));
    ASSERT_NE(large_body, nullptr);
    EXPECT_EQ(large.call->wire_end, out.size() + large_body->size());
    EXPECT_EQ(session.take_unsent(large.call->wire_end).size(), 0U);
    EXPECT_EQ(session.take_unsent(large.call->wire_end - 1).size(), 1U);
}

TEST_F(Session, ExpiresExactlyTheLate) {
    const TimePoint now = SteadyClock::now();
    const PackedInvocation invocation = PackedInvocation::pack("method");
    const Started late = start(invocation, Deadline::at(now));
    const Started early = start(invocation, Deadline::at(now + Duration{1}));
    session.expire(now);
    ASSERT_TRUE(late.call->failure.has_value());
    EXPECT_EQ(late.call->failure->code(), Errc::timed_out);
    EXPECT_EQ(late.call->failure->sent(), Sent::maybe_sent);
    EXPECT_TRUE(early.call->ends.empty());
    EXPECT_EQ(session.earliest().point(), now + Duration{1});
}

TEST_F(Session, ACallThatWasExposedBeforeIsNeverNotSent) {
    const Started again = start();
    again.call->exposed = true;
    fail_call(*again.call, Errc::connect_failed, "refused", Sent::not_sent, "server:1");
    EXPECT_EQ(again.call->failure->sent(), Sent::maybe_sent);

    const Started refused = start();
    refused.call->exposed = true;
    EXPECT_FALSE(hear_error(refused.call->id, "OVERLOADED: not now"));
    EXPECT_EQ(refused.call->failure->sent(), Sent::maybe_sent);
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
