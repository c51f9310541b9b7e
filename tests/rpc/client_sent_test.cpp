// What a client says about whether a failed request was executed.

#include "session_fixture.h"

#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

class SessionSent : public Session {
protected:
    // Hears a request of the server, whose answer goes to `out`.
    void hear_request() {
        codec::Buffer request;
        codec::write_request_head(request, 99);
        codec::pack_str(request, "anything");
        codec::pack_array_head(request, 0);
        EXPECT_FALSE(hear(request));
    }

    // What a call is told when the peer of `on` refuses it with this text.
    [[nodiscard]] Error refused(ClientSession& on, std::string_view text) {
        const Started refused = start(on, PackedInvocation::pack("debit"));
        codec::Buffer message;
        codec::write_error_response(message, refused.call->wire_id(), text);
        EXPECT_FALSE(on.on_message(message.view(), out).close);
        return refused.call->failure.value();
    }
};

TEST_F(SessionSent, WhatTheKernelHasNotTakenWhollyWasNotSent) {
    const Started first = start();
    const Started second = start();
    const std::uint64_t end = first.call->wire_end;
    EXPECT_GT(second.call->wire_end, end);
    EXPECT_EQ(second.call->wire_end, out.size());
    const auto unsent = session.calls().take_unsent(end);
    ASSERT_EQ(unsent.size(), 1U);
    EXPECT_EQ(&*unsent[0], second.call);
    EXPECT_EQ(session.calls().take_unsent(end - 1).size(), 1U);
    EXPECT_EQ(session.calls().size(), 0U);
}

TEST_F(SessionSent, CountsLargeBodiesAsWireBytes) {
    session.open(out);
    const Started large = start(PackedInvocation::pack("m", std::string(100000, 'x')));
    ASSERT_NE(large_body, nullptr);
    EXPECT_EQ(large.call->wire_end, out.size() + large_body->size());
    EXPECT_EQ(session.calls().take_unsent(large.call->wire_end).size(), 0U);
    EXPECT_EQ(session.calls().take_unsent(large.call->wire_end - 1).size(), 1U);
}

TEST_F(SessionSent, ACallThatWasExposedBeforeIsNeverNotSent) {
    const Started again = start();
    again.call->exposed = true;
    fail_call(*again.call, Errc::connect_failed, "refused", Sent::not_sent, "server:1");
    EXPECT_EQ(again.call->failure->sent(), Sent::maybe_sent);

    const Started refused = start();
    refused.call->exposed = true;
    EXPECT_FALSE(hear_error(refused.call->wire_id(), "OVERLOADED: not now"));
    EXPECT_EQ(refused.call->failure->sent(), Sent::maybe_sent);
}

// A plain peer's handler says what it likes, and a call that it has executed would be repeated.
TEST_F(SessionSent, UnavailableAndOverloadedArePromisesOfRollcallPeersOnly) {
    session.open(out);
    hear_hello_answer(hello_id(), 0);
    ClientSession plain{options, methods, "server:1", false};
    for (const char* const text : {"OVERLOADED: not now", "UNAVAILABLE: disk 7"}) {
        EXPECT_EQ(refused(session, text).sent(), Sent::not_sent) << text;
        EXPECT_EQ(refused(plain, text).sent(), Sent::maybe_sent) << text;
        EXPECT_EQ(refused(plain, text).code(), refused(session, text).code());
    }
    EXPECT_EQ(refused(plain, "NOT_FOUND: debit").sent(), Sent::not_sent);

    ClientSession refusing{options, methods, "server:1", true};
    codec::Buffer bytes;
    refusing.open(bytes);
    codec::Message hello;
    ASSERT_FALSE(codec::parse_message(bytes.view(), hello));
    codec::Buffer answer;
    codec::write_error_response(answer, hello.id, "no such method");
    EXPECT_FALSE(refusing.on_message(answer.view(), bytes).close);
    EXPECT_EQ(refused(refusing, "UNAVAILABLE: disk 7").sent(), Sent::maybe_sent);
}

// Half way round the ids of the wire an old call must not look newer than the last one read.
TEST_F(SessionSent, ACallThatIsOlderThanManyOthersIsNotTakenForUnexecuted) {
    constexpr std::uint64_t kHalf = std::uint64_t{1} << 31U;
    for (const std::uint64_t age : {kHalf - 2, kHalf - 1, kHalf, 2 * kHalf - 16}) {
        ClientSession one{options, methods, "server:1", false, UINT32_MAX};
        const PackedInvocation invocation = PackedInvocation::pack("method");
        const Started old = start(one, invocation);
        old.call->id -= age;  // as if so many calls had come and gone
        const Started last = start(one, invocation);
        const Started unread = start(one, invocation);
        codec::Buffer message;
        write_goaway(message, Goaway{"bye", 10, last.call->wire_id()});
        EXPECT_FALSE(one.on_message(message.view(), out).close);
        const auto back = one.take_unexecuted();
        ASSERT_EQ(back.size(), 1U) << age;
        EXPECT_EQ(&*back[0], unread.call);
    }
}

TEST_F(SessionSent, AnswersToTheServersRequestsCountAsWireBytes) {
    hear_request();
    const std::size_t answered = out.size();
    const Started call = start();
    EXPECT_EQ(call.call->wire_end, out.size());
    EXPECT_EQ(session.calls().take_unsent(answered).size(), 1U) << "only the answer has been taken";
}

TEST_F(SessionSent, NotificationsThatTheKernelHasNotTakenWhollyAreDropped) {
    std::vector<std::uint64_t> ends;
    for (int i = 0; i < 4; ++i) {
        const auto note = PackedInvocation::pack("note");
        ends.push_back(start(session, note, {}, Call::Kind::nothing).call->wire_end);
    }
    EXPECT_EQ(ends[3], out.size());
    session.calls().on_written(ends[0]);
    EXPECT_EQ(session.calls().take_unsent_notifications(ends[2] - 1), 2U);
    EXPECT_EQ(session.calls().take_unsent_notifications(ends[2] - 1), 0U) << "counted once";
}

TEST_F(SessionSent, NotificationsThatAreWrittenAreNotDropped) {
    const auto note = PackedInvocation::pack("note");
    const Started only = start(session, note, {}, Call::Kind::nothing);
    EXPECT_EQ(session.calls().take_unsent_notifications(only.call->wire_end), 0U);
}

// A server that asks and does not read: what waits for it has a limit.
TEST(SessionLimits, UnsentBytesUpToTheQueueAndOneMessageMayBeKept) {
    const MethodTable methods;
    ClientOptions options;
    options.write_queue_bytes = 1000;
    options.limits.max_message_bytes = 500;
    const ClientSession session{options, methods, "server:1", true};
    EXPECT_TRUE(session.may_keep_unsent(1000));
    EXPECT_TRUE(session.may_keep_unsent(1500));
    EXPECT_FALSE(session.may_keep_unsent(1501));
    options.write_queue_bytes = SIZE_MAX;
    EXPECT_TRUE(session.may_keep_unsent(SIZE_MAX));
}

}  // namespace
}  // namespace rollcall::rpc
