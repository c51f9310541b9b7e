// What Eureka's clients read, with time given by hand: fragments, hash code, delta, vips.
#include "eureka_lists.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <map>
#include <pugixml.hpp>

namespace rollcall::registry {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart = TimePoint{} + std::chrono::hours{1};

class EurekaListsTest : public ::testing::Test {
protected:
    static Instance made(const std::string& service, const std::string& id) {
        Instance instance;
        instance.service = service;
        instance.id = id;
        instance.address = "10.0.0.7";
        instance.port = 9000;
        instance.incarnation = "one";
        instance.ttl = minutes{10};
        return instance;
    }

    void put(Instance instance, TimePoint now = kStart) { store.put(std::move(instance), now); }

    void set_status(
        const std::string& service, const std::string& id, Status status, TimePoint now
    ) {
        Instance changed = *store.find(service, id)->instance;
        changed.status = status;
        ASSERT_EQ(store.modify(changed, now), LeaseStore::ModifyOutcome::modified);
    }

    static std::string joined(const EurekaLists::Texts& texts) {
        std::string whole;
        for (const EurekaLists::Text& text : texts)
            whole += *text;
        return whole;
    }

    json apps() { return json::parse(joined(lists.apps()))["applications"]; }

    // "service/id" and what happened to it.
    std::map<std::string, std::string> delta(TimePoint now) {
        const json answer = json::parse(joined(lists.delta(now)))["applications"];
        EXPECT_EQ(answer["apps__hashcode"], apps()["apps__hashcode"]) << "of the whole list";
        std::map<std::string, std::string> actions;
        for (const json& application : answer["application"]) {
            for (const json& instance : application["instance"]) {
                const std::string name =
                    std::string{application["name"]} + "/" + std::string{instance["instanceId"]};
                EXPECT_FALSE(actions.contains(name)) << "once each";
                actions[name] = instance["actionType"];
            }
        }
        return actions;
    }

    LeaseStore store{{.changes_max = 8}};
    WallClock clock;
    EurekaLists lists{store, clock, EurekaFormat::json};
    EurekaLists xml_lists{store, clock, EurekaFormat::xml};
};

using Actions = std::map<std::string, std::string>;

}  // namespace

TEST_F(EurekaListsTest, TheHashCodeCountsStatusesInTheOrderOfTheirNames) {
    EXPECT_EQ(apps()["apps__hashcode"], "");
    EXPECT_EQ(apps()["application"], json::array());
    EXPECT_EQ(apps()["versions__delta"], "1");
    put(made("a", "1"));
    EXPECT_EQ(apps()["apps__hashcode"], "UP_1_");
    put(made("a", "2"));
    put(made("b", "3"));
    put(made("b", "4"));
    put(made("b", "5"));
    set_status("a", "2", Status::down, kStart);
    set_status("b", "3", Status::draining, kStart);
    set_status("b", "4", Status::starting, kStart);
    EXPECT_EQ(apps()["apps__hashcode"], "DOWN_1_OUT_OF_SERVICE_1_STARTING_1_UP_2_");
}

TEST_F(EurekaListsTest, AnAnswerIsBuiltOncePerChange) {
    put(made("a", "1"));
    put(made("b", "2"));
    // Head, a, comma, b, end.
    const EurekaLists::Texts first = lists.apps();
    ASSERT_EQ(first.size(), 5U);
    const auto expect_shared = [&](const EurekaLists::Texts& texts, std::size_t part) {
        EXPECT_EQ(texts.at(part), first.at(part));
    };
    expect_shared(lists.apps(), 1);
    expect_shared(lists.apps(), 3);
    store.renew("a", "1", "", kStart + seconds{5});
    expect_shared(lists.apps(), 1);  // a heartbeat is no change
    set_status("b", "2", Status::down, kStart + seconds{6});
    const EurekaLists::Texts second = lists.apps();
    expect_shared(second, 1);
    EXPECT_NE(second.at(3), first.at(3));
    // Of what has not changed the text is the old one: its last renewal is that of the building.
    const auto item = [](const EurekaLists::Texts& texts, std::size_t app) {
        return json::parse(joined(texts))["applications"]["application"][app]["instance"][0];
    };
    EXPECT_EQ(item(second, 0), item(first, 0));
    EXPECT_NE(item(second, 1), item(first, 1));
    const json alone = json::parse(lists.instance(*store.find("a", "1")));
    const auto renewed = [](const json& instance) {
        return instance["leaseInfo"]["lastRenewalTimestamp"].get<std::int64_t>();
    };
    EXPECT_EQ(renewed(alone["instance"]) - renewed(item(second, 0)), 5000);
}

TEST_F(EurekaListsTest, AServiceShowsWhatIsListedWhenSomeOfItChange) {
    for (int i = 0; i < 6; ++i)
        put(made("a", std::to_string(i)));
    EXPECT_EQ(apps()["application"][0]["instance"].size(), 6U);
    store.remove("a", "2", "", kStart);
    put(made("a", "10"));
    set_status("a", "4", Status::down, kStart);
    std::vector<std::string> ids;
    const json changed = apps()["application"][0]["instance"];
    for (const json& instance : changed)
        ids.push_back(instance["instanceId"]);
    EXPECT_EQ(ids, (std::vector<std::string>{"0", "1", "10", "3", "4", "5"}));
    EXPECT_EQ(changed[4]["status"], "DOWN");
    for (const char* id : {"0", "1", "10", "3", "4", "5"})
        store.remove("a", id, "", kStart);
    EXPECT_EQ(apps()["application"], json::array());
    EXPECT_EQ(lists.app("a"), EurekaLists::Texts{});
    put(made("a", "7"));
    EXPECT_EQ(apps()["application"][0]["instance"].size(), 1U);
}

TEST_F(EurekaListsTest, TheDeltaTellsWhatWasAddedChangedAndDeleted) {
    EXPECT_EQ(delta(kStart), Actions{});
    put(made("a", "1"));
    EXPECT_EQ(delta(kStart), (Actions{{"A/1", "ADDED"}}));
    set_status("a", "1", Status::down, kStart + seconds{1});
    put(made("b", "2"), kStart + seconds{1});
    EXPECT_EQ(delta(kStart + seconds{1}), (Actions{{"A/1", "MODIFIED"}, {"B/2", "ADDED"}}));
    store.remove("a", "1", "", kStart + seconds{2});
    EXPECT_EQ(delta(kStart + seconds{2}), (Actions{{"A/1", "DELETED"}, {"B/2", "ADDED"}}));
    // Whoever missed the deletion has an old state of it, which an ADDED one would not replace.
    put(made("a", "1"), kStart + seconds{3});
    EXPECT_EQ(delta(kStart + seconds{3}), (Actions{{"A/1", "MODIFIED"}, {"B/2", "ADDED"}}));
}

TEST_F(EurekaListsTest, TheDeltaShowsTheNewestState) {
    put(made("a", "1"));
    set_status("a", "1", Status::down, kStart + seconds{1});
    set_status("a", "1", Status::draining, kStart + seconds{2});
    const json answer = json::parse(joined(lists.delta(kStart + seconds{2})));
    EXPECT_EQ(answer["applications"]["application"][0]["instance"][0]["status"], "OUT_OF_SERVICE");
}

TEST_F(EurekaListsTest, TheDeltaGoesBackThreeMinutes) {
    put(made("a", "1"));
    put(made("a", "2"), kStart + minutes{1});
    const milliseconds one{1};
    EXPECT_EQ(delta(kStart + minutes{3} - one).size(), 2U);
    EXPECT_EQ(delta(kStart + minutes{3}).size(), 2U);
    EXPECT_EQ(delta(kStart + minutes{3} + one).size(), 1U) << "of the same list, later";
    EXPECT_EQ(delta(kStart + minutes{4}), (Actions{{"A/2", "ADDED"}}));
    EXPECT_EQ(delta(kStart + minutes{4} + one), Actions{});
}

TEST_F(EurekaListsTest, TheDeltaOverlapsSoThatAnyTwoReadsMeet) {
    put(made("a", "1"));
    EXPECT_EQ(delta(kStart), delta(kStart + seconds{30})) << "the same twice does no harm";
    const EurekaLists::Texts texts = lists.delta(kStart + seconds{40});
    EXPECT_EQ(lists.delta(kStart + seconds{50}), texts) << "built once";
}

TEST_F(EurekaListsTest, ADeltaThatTheRingCannotCoverNamesEverything) {
    for (int i = 0; i < 8; ++i)
        put(made("a", std::to_string(i)));
    EXPECT_EQ(delta(kStart).size(), 8U);
    EXPECT_EQ(delta(kStart)["A/0"], "ADDED");
    put(made("a", "8"), kStart + seconds{1});  // the registration of 0 has made room
    EXPECT_EQ(delta(kStart + seconds{1}).size(), 9U);
    EXPECT_EQ(delta(kStart + seconds{1})["A/0"], "MODIFIED");
    EXPECT_EQ(delta(kStart + seconds{1})["A/8"], "ADDED");
    // Once what was forgotten is too old to be told, the ring is enough again.
    put(made("a", "9"), kStart + minutes{3} + seconds{1});
    EXPECT_EQ(delta(kStart + minutes{3} + seconds{2}), (Actions{{"A/9", "ADDED"}}));
}

TEST_F(EurekaListsTest, VipsAreFoundExactlyAmongThoseOfAnInstance) {
    Instance several = made("a", "1");
    several.eureka = R"({"vipAddress":"one,Two,three","secureVipAddress":"safe"})";
    put(several);
    put(made("b", "2"));
    const auto found = [this](EurekaVip kind, const std::string& vip) {
        const json answer = json::parse(joined(lists.by_vip(kind, vip)))["applications"];
        EXPECT_EQ(answer["versions__delta"], "1");
        std::string names = answer["apps__hashcode"];
        for (const json& application : answer["application"])
            names += " " + std::string{application["name"]};
        return names;
    };
    for (const char* vip : {"one", "Two", "three"})
        EXPECT_EQ(found(EurekaVip::plain, vip), "UP_1_ A") << vip;
    for (const char* vip : {"two", "on", "one,Two", "", "safe", "none"})
        EXPECT_EQ(found(EurekaVip::plain, vip), "") << vip;
    EXPECT_EQ(found(EurekaVip::secure, "safe"), "UP_1_ A");
    EXPECT_EQ(found(EurekaVip::secure, "one"), "");
    EXPECT_EQ(found(EurekaVip::plain, "b"), "UP_1_ B");
    EXPECT_EQ(found(EurekaVip::secure, "b"), "UP_1_ B");
}

TEST_F(EurekaListsTest, XmlSaysTheSame) {
    for (int i = 0; i < 3; ++i)
        put(made("a", std::to_string(i)));
    put(made("b", "4"));
    store.remove("a", "1", "", kStart);
    for (const auto& [texts, names] :
         {std::pair{xml_lists.apps(), std::string{"A/0 ADDED A/2 ADDED B/4 ADDED "}},
          {xml_lists.delta(kStart), "A/0 ADDED A/1 DELETED A/2 ADDED B/4 ADDED "},
          {xml_lists.by_vip(EurekaVip::plain, "b"), "B/4 ADDED "}}) {
        pugi::xml_document document;
        const std::string text = joined(texts);
        ASSERT_TRUE(document.load_string(text.c_str())) << text;
        const pugi::xml_node root = document.child("applications");
        EXPECT_STREQ(root.child_value("versions__delta"), "1");
        std::string found;
        for (const pugi::xml_node application : root.children("application")) {
            for (const pugi::xml_node instance : application.children("instance")) {
                found += std::string{application.child_value("name")} + "/" +
                         instance.child_value("instanceId") + " " +
                         instance.child_value("actionType") + " ";
            }
        }
        EXPECT_EQ(found, names);
    }
}

TEST_F(EurekaListsTest, ADeltaOfEverythingTellsWhatLeftAmongTheRest) {
    for (int i = 0; i < 8; ++i)
        put(made("a", std::to_string(i)));
    put(made("b", "1"));
    put(made("c", "1"));
    store.remove("a", "0", "", kStart);
    store.remove("a", "3", "", kStart);
    store.remove("a", "7", "", kStart);
    store.remove("b", "1", "", kStart);
    put(made("a", "9"));
    const Actions expected{
        {"A/0", "DELETED"},
        {"A/1", "MODIFIED"},
        {"A/2", "MODIFIED"},
        {"A/3", "DELETED"},
        {"A/4", "MODIFIED"},
        {"A/5", "MODIFIED"},
        {"A/6", "MODIFIED"},
        {"A/7", "DELETED"},
        {"A/9", "ADDED"},
        {"B/1", "DELETED"},
        {"C/1", "ADDED"}};
    EXPECT_EQ(delta(kStart), expected);
}

TEST_F(EurekaListsTest, IsWrittenInPartsThatNobodySees) {
    constexpr int kMany = 1'000;
    for (int i = 0; i < kMany; ++i)
        put(made("large", std::to_string(10'000 + i)));
    for (int i = 0; i < 200; ++i)
        put(made("small-" + std::to_string(i), "1"));
    int steps = 0;
    int asked = 0;
    const auto enough = [&] { return ++asked % 2 == 0; };
    while (!lists.prepare(enough)) {
        ASSERT_LT(++steps, 1'000);
        if (steps == 3) {
            // Whoever asks meanwhile gets everything.
            EXPECT_EQ(apps()["apps__hashcode"], "UP_1200_");
        }
    }
    EXPECT_GT(steps, 10);
    EXPECT_TRUE(lists.prepare([] { return true; })) << "nothing is left to do";
    EXPECT_EQ(apps()["application"].size(), 201U);
    EXPECT_EQ(apps()["application"][0]["instance"].size(), std::size_t{kMany});
}

TEST_F(EurekaListsTest, ALargeServiceIsWrittenInPartsToo) {
    constexpr int kMany = 1'000;
    for (int i = 0; i < kMany; ++i)
        put(made("large", std::to_string(10'000 + i)));
    int steps = 0;
    const auto enough = [] { return true; };
    while (!lists.prepare("large", enough)) {
        ASSERT_LT(++steps, kMany);
        store.renew("large", std::to_string(10'000 + steps), "", kStart);
        // What changes meanwhile is written again, what leaves is forgotten.
        set_status("large", std::to_string(10'000 + steps), Status::down, kStart);
        store.remove("large", std::to_string(11'000 - steps), "", kStart);
    }
    EXPECT_GT(steps, 10);
    const json answer = json::parse(joined(lists.app("large")))["application"]["instance"];
    ASSERT_EQ(answer.size(), static_cast<std::size_t>(kMany - steps));
    int down = 0;
    std::string last;
    for (const json& instance : answer) {
        down += instance["status"] == "DOWN" ? 1 : 0;
        EXPECT_LT(last, std::string{instance["instanceId"]});
        last = instance["instanceId"];
    }
    EXPECT_EQ(down, steps);
    EXPECT_TRUE(lists.prepare("nobody", enough));
}

}  // namespace rollcall::registry
