// The server's side of one connection without a socket.

#include "server_session.h"

#include "server_harness.h"

#include <gtest/gtest.h>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

namespace {

class Session : public testing::Test {
protected:
    Session() {
        methods.add("add", false, make_handler([](int a, int b) { return a + b; }, {}));
        methods.add("late", false, make_handler([] {}, HandlerOptions{RunOn::pool}));
        options.limits.max_message_bytes = 100;
    }

    SessionAction take(const std::string& message) {
        out.clear();
        kept = message;
        return session.on_message(kept, out);
    }

    std::string answer() { return text_of(out); }

    // A handler that has not ended.
    std::shared_ptr<ActiveRequest> begin(const Admitted& admitted) {
        Context::Facts facts;
        facts.method = admitted.method->name;
        auto request = std::make_shared<ActiveRequest>(nullptr, admitted.id, std::move(facts));
        session.incoming().begin(*admitted.method, request);
        return request;
    }

    MethodTable methods;
    ServerOptions options;
    ServerSession session{methods, options};
    codec::Buffer out;
    std::string kept;
};

TEST_F(Session, AsksToRunWhatItFinds) {
    const SessionAction action = take(request(7, "add", 1, 2));
    ASSERT_NE(action.run.method, nullptr);
    EXPECT_EQ(action.run.method->name, "add");
    EXPECT_EQ(action.run.id, 7U);
    EXPECT_EQ(action.run.params, "\x92\x01\x02");
    EXPECT_TRUE(out.empty());
    EXPECT_TRUE(session.heard());
    EXPECT_EQ(take(notification("add", 1, 2)).run.id, std::nullopt);
}

TEST_F(Session, ClosesOnlyWhenThereIsNobodyToTell) {
    EXPECT_TRUE(take("\x93\x05\x01\x02").close);
    EXPECT_TRUE(session.heard());
    const SessionAction told = take(std::string{"\x93\x00\x05\xa1x", 5});
    EXPECT_FALSE(told.close);
    EXPECT_EQ(told.run.method, nullptr);
    EXPECT_EQ(answers_in(answer()).at(0).id, 5U);
}

TEST_F(Session, CountsWhatIsInFlight) {
    std::vector<std::shared_ptr<ActiveRequest>> begun;
    for (const std::uint32_t id : {1U, 2U})
        begun.push_back(begin(take(request(id, "late")).run));
    begun.push_back(begin(take(notification("late")).run));
    EXPECT_EQ(session.in_flight(), 3U);
    EXPECT_EQ(session.incoming().names(), "'late', a notification");
    EXPECT_EQ(take(request(2, "add", 1, 2)).run.method, nullptr);
    EXPECT_EQ(answer(), error(2, "INVALID_REQUEST: a request with id 2 is in flight"));
    session.incoming().end(*begun[1]);
    EXPECT_NE(take(request(2, "add", 1, 2)).run.method, nullptr);
    session.incoming().end(*begun[0]);
    session.incoming().end(*begun[2]);
    EXPECT_EQ(session.in_flight(), 0U);
    EXPECT_EQ(session.incoming().names(), "");
}

TEST_F(Session, LimitsReplies) {
    const std::string at = result(1, std::string(94, 'x'));
    ASSERT_EQ(at.size(), 100U);
    out.append("before");
    out.append(at);
    finish_reply(out, 6, 1, {}, {}, session.reply_format());
    EXPECT_EQ(answer(), "before" + at);
    out.push_back('x');
    finish_reply(out, 6, 1, {}, {}, session.reply_format());
    EXPECT_EQ(
        answer(),
        "before" + error(1, "RESULT_TOO_LARGE: the result has 101 bytes; the limit is 100")
    );
    // There is nobody to tell about a notification's.
    out.clear();
    out.append("x");
    finish_reply(out, 0, std::nullopt, {}, {}, session.reply_format());
    EXPECT_TRUE(out.empty());
}

TEST_F(Session, GoawayNamesTheLastRequestSeen) {
    const auto last_id = [&] {
        codec::Buffer goaway;
        session.write_goaway(goaway, "why", 1500ms);
        codec::Message message;
        EXPECT_FALSE(codec::parse_message(goaway.view(), message));
        const auto read = read_goaway(message.params);
        EXPECT_EQ(read->reason, "why");
        EXPECT_EQ(read->grace_ms, 1500U);
        return read->last_id;
    };
    EXPECT_EQ(last_id(), std::nullopt);
    EXPECT_FALSE(session.peer_knows_goaway());
    static_cast<void>(take(hello(3)));
    EXPECT_TRUE(session.peer_knows_goaway());
    EXPECT_EQ(last_id(), 3U);
    static_cast<void>(take(request(9, "add", 1, 2)));
    static_cast<void>(take(notification("add", 1, 2)));
    EXPECT_EQ(last_id(), 9U);
    static_cast<void>(take(std::string{"\x93\x00\x05\xa1x", 5}));  // refused, but seen
    EXPECT_EQ(last_id(), 5U);
}

}  // namespace
}  // namespace rollcall::rpc::tests
