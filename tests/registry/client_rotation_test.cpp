// Several addresses of one registry, each played by a port in memory.
#include "openers.h"
#include "rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct Member {
    bool is_down = false;
    std::vector<std::string> heard;

    template <class Answer>
    Result<Answer> answer(const std::string& what, Answer good) {
        heard.push_back(what);
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

    Result<void> withdraw(Deadline, std::stop_token) override {
        member_.heard.push_back("withdraw");
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
    ASSERT_TRUE(announcer.withdraw(Deadline::in(1s), {}));
    EXPECT_THAT(members[1].heard, ElementsAre("announce 2", "renew", "renew"));
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
    EXPECT_TRUE(announcer.withdraw(Deadline::in(1s), {})) << "nobody knows of them";
    members[0].is_down = false;
    EXPECT_TRUE(announcer.renew(Deadline::in(1s), {}));
    EXPECT_EQ(members[0].heard.back(), "announce 2");
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
    EXPECT_THAT(split_hosts("http://a:1"), ElementsAre("http://a:1"));
    EXPECT_THAT(
        split_hosts("header+http://a:1,[::1]:2,c/p,q?x=1,2"),
        ElementsAre(
            "header+http://a:1/p,q?x=1,2",
            "header+http://[::1]:2/p,q?x=1,2",
            "header+http://c/p,q?x=1,2"
        )
    );
    EXPECT_THAT(split_hosts("http://a,,b"), ElementsAre("http://a", "http://", "http://b"));
    EXPECT_TRUE(connect("http://127.0.0.1:1,127.0.0.1:2"));
    EXPECT_FALSE(connect("http://127.0.0.1:1,,127.0.0.1:2")) << "one without a host";
}

}  // namespace
}  // namespace rollcall::registry
