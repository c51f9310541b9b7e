// Several addresses of one registry, each played by a port in memory.
#include "openers.h"
#include "rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Member {
    bool is_down = false;
    bool is_interrupted = false;  // by the caller, once, while it answers
    std::vector<std::string> heard;
    Duration time_for_goodbye{0};

    template <class Answer>
    Result<Answer> answer(const std::string& what, Answer good) {
        heard.push_back(what);
        if (std::exchange(is_interrupted, false)) return Error{Errc::cancelled, "cancelled"};
        if (is_down) return Error{Errc::registry_failed, "is down"};
        return good;
    }
};

class MemberAnnouncer final : public Announcer {
public:
    explicit MemberAnnouncer(Member& member) : member_(member) {}

    Result<Lease> announce(const std::vector<Instance>& set, Deadline, std::stop_token) override {
        return member_.answer("announce " + std::to_string(set.size()), Lease{});
    }

    Result<Lease> renew(Deadline, std::stop_token) override {
        return member_.answer("renew", Lease{});
    }

    Result<void> withdraw(Deadline deadline, std::stop_token) override {
        member_.time_for_goodbye = deadline.remaining();
        auto answer = member_.answer("withdraw", Lease{});
        if (!answer) return answer.error();
        return {};
    }

    Result<std::string> local_address(Deadline, std::stop_token) override {
        return member_.answer("address", std::string{"127.0.0.1"});
    }

private:
    Member& member_;
};

class MemberSource final : public Source {
public:
    explicit MemberSource(Member& member) : member_(member) {}

    Result<std::vector<Snapshot>> read(const std::vector<std::string>&, Deadline, std::stop_token)
        override {
        return member_.answer("read", std::vector<Snapshot>(1));
    }

    std::size_t waits_for() const noexcept override { return 7; }

    Result<std::vector<Snapshot>> wait(
        const std::vector<KnownList>&, Duration, Deadline, std::stop_token
    ) override {
        return member_.answer("wait", std::vector<Snapshot>{});
    }

private:
    Member& member_;
};

class Rotations : public ::testing::Test {
protected:
    template <class Port, class Of>
    std::vector<std::unique_ptr<Port>> ports() {
        std::vector<std::unique_ptr<Port>> all;
        for (Member& member : members)
            all.push_back(std::make_unique<Of>(member));
        return all;
    }

    std::array<Member, 3> members;
    const std::vector<Instance> two = std::vector<Instance>(2);
};

TEST_F(Rotations, GoOnWithTheNextAndStayThere) {
    RotatingAnnouncer announcer{ports<Announcer, MemberAnnouncer>(), 1};
    ASSERT_TRUE(announcer.announce(two, Deadline::in(1s), {}));
    ASSERT_TRUE(announcer.renew(Deadline::in(1s), {}));
    members[1].is_down = true;
    ASSERT_TRUE(announcer.renew(Deadline::in(1s), {}));
    ASSERT_TRUE(announcer.renew(Deadline::in(1s), {}));
    members[1].is_down = false;
    ASSERT_TRUE(announcer.withdraw(Deadline::in(1s), {}));
    EXPECT_THAT(members[1].heard, ElementsAre("announce 2", "renew", "renew", "withdraw"));
    EXPECT_THAT(members[2].heard, ElementsAre("announce 2", "renew", "withdraw"))
        << "which did not know of them";
    EXPECT_TRUE(members[0].heard.empty());
}

TEST_F(Rotations, AskEachAtMostOnce) {
    for (Member& member : members)
        member.is_down = true;
    RotatingAnnouncer announcer{ports<Announcer, MemberAnnouncer>(), 0};
    EXPECT_FALSE(announcer.announce(two, Deadline::in(1s), {}));
    for (const Member& member : members)
        EXPECT_THAT(member.heard, ElementsAre("announce 2"));
    members[0].is_down = false;
    EXPECT_TRUE(announcer.renew(Deadline::in(1s), {}));
    EXPECT_EQ(members[0].heard.back(), "announce 2");
}

// A registrar that drained and stopped cut its own announcement short and was listed until its
// lease ended.
TEST_F(Rotations, TellTheGoodbyeToWhomTheyWereCutShortWith) {
    RotatingAnnouncer announcer{ports<Announcer, MemberAnnouncer>(), 0};
    ASSERT_TRUE(announcer.announce(two, Deadline::in(1s), {}));
    members[0].is_interrupted = true;
    EXPECT_EQ(announcer.announce(two, Deadline::in(1s), {}).error().code(), Errc::cancelled);
    EXPECT_TRUE(announcer.withdraw(Deadline::in(1s), {}));
    EXPECT_THAT(members[0].heard, ElementsAre("announce 2", "announce 2", "withdraw"));
    EXPECT_TRUE(members[1].heard.empty());
}

// One that did not answer in time may have written all the same, and one that was left for another
// still lists them.
TEST_F(Rotations, TellTheGoodbyeToAllThatMayHaveHeardOfThemAndDivideTheTime) {
    RotatingAnnouncer announcer{ports<Announcer, MemberAnnouncer>(), 0};
    EXPECT_TRUE(announcer.withdraw(Deadline::in(1s), {})) << "nobody has heard of them";
    for (Member& member : members)
        member.is_down = true;
    EXPECT_FALSE(announcer.announce(two, Deadline::in(1s), {}));
    EXPECT_FALSE(announcer.withdraw(Deadline::in(900s), {})) << "nobody has said yes";
    EXPECT_LE(members[0].time_for_goodbye, 300s);
    EXPECT_LE(members[1].time_for_goodbye, 450s);
    EXPECT_GT(members[1].time_for_goodbye, 300s) << "what the first has left";
    for (Member& member : members)
        member.is_down = false;
    EXPECT_TRUE(announcer.withdraw(Deadline::in(1s), {}));
    for (Member& member : members) {
        EXPECT_THAT(member.heard, ElementsAre("announce 2", "withdraw", "withdraw"));
        member.heard.clear();
    }
    EXPECT_TRUE(announcer.withdraw(Deadline::in(1s), {})) << "all is said";
    EXPECT_TRUE(members[0].heard.empty());
}

TEST_F(Rotations, AreToldOfAFailedGoodbyeOnlyByWhoHasListedThem) {
    // 0 is a replica, which refuses whatever is written; 1 is the primary.
    members[0].is_down = true;
    RotatingAnnouncer announcer{ports<Announcer, MemberAnnouncer>(), 0};
    ASSERT_TRUE(announcer.announce(two, Deadline::in(1s), {}));
    EXPECT_TRUE(announcer.withdraw(Deadline::in(1s), {}));
    EXPECT_EQ(members[0].heard.back(), "withdraw");
    ASSERT_TRUE(announcer.announce(two, Deadline::in(1s), {}));
    members[1].is_down = true;
    ASSERT_TRUE(announcer.renew(Deadline::in(1s), {}));
    EXPECT_FALSE(announcer.withdraw(Deadline::in(1s), {})) << "1 goes on to list them";
    EXPECT_EQ(members[2].heard.back(), "withdraw");
}

TEST_F(Rotations, ReadFromTheNext) {
    RotatingSource source{ports<Source, MemberSource>(), 2};
    EXPECT_EQ(source.waits_for(), 7U);
    members[2].is_down = true;
    EXPECT_TRUE(source.read({"a"}, Deadline::in(1s), {}));
    EXPECT_THAT(members[0].heard, ElementsAre("read"));
    members[0].is_down = true;
    EXPECT_FALSE(source.wait({{"a", "x.1"}}, 1s, Deadline::in(1s), {}))
        << "the next knows another index, so the list is read first";
    EXPECT_TRUE(source.read({"a"}, Deadline::in(1s), {}));
    EXPECT_THAT(members[1].heard, ElementsAre("read"));
}

TEST_F(Rotations, AreMadeOfAUrlWithSeveralHosts) {
    EXPECT_THAT(split_hosts("http://a:1").value(), ElementsAre("http://a:1"));
    EXPECT_THAT(
        split_hosts("header+http://a:1,[::1]:2,c/p,q?x=1,2").value(),
        ElementsAre(
            "header+http://a:1/p,q?x=1,2",
            "header+http://[::1]:2/p,q?x=1,2",
            "header+http://c/p,q?x=1,2"
        )
    );
    EXPECT_THAT(split_hosts("http://a,,b").value(), ElementsAre("http://a", "http://", "http://b"));
    EXPECT_THAT(
        split_hosts("redis://:p@a,:p@b").value(), ElementsAre("redis://:p@a", "redis://:p@b")
    );
    EXPECT_TRUE(split_hosts("etcd://a,b/team@home")) << "no password, but a prefix";
    EXPECT_TRUE(connect("http://127.0.0.1:1,127.0.0.1:2"));
    EXPECT_FALSE(connect("http://127.0.0.1:1,,127.0.0.1:2")) << "one without a host";
}

// The first half of the password was shown as a host with a wrong port.
TEST_F(Rotations, ShowNoPasswordThatHoldsAComma) {
    for (const std::string scheme :
         {"redis", "rediss", "http", "header+http", "eureka+http", "etcd"}) {
        for (const char* rest :
             {"://:open,sesame@h",
              "://u:open,sesame@h",
              "://open,sesame@h",
              "://u:open,12,sesame@h/1",
              "://u:pw@a,u:open,sesame@h"}) {
            const auto refused = connect(scheme + rest);
            ASSERT_FALSE(refused) << scheme << rest;
            EXPECT_THAT(refused.error().message(), HasSubstr("must be written as %2C"));
            EXPECT_THAT(refused.error().message(), Not(HasSubstr("open")));
            EXPECT_THAT(refused.error().message(), Not(HasSubstr("sesame")));
        }
    }
}

}  // namespace
}  // namespace rollcall::registry
