#include <rollcall/registry/instance_json.h>

#include <gmock/gmock.h>

namespace rollcall::registry {
namespace {

using testing::HasSubstr;

Instance full() {
    Instance instance;
    instance.service = "calculator";
    instance.id = "tcp@[::1]:9000";
    instance.address = "::1";
    instance.port = 9000;
    instance.version = "1.2.0";
    instance.zone = "a";
    instance.weight = 7;
    instance.tags = {"blue", "\"quoted\""};
    instance.meta = {{"k", "v"}, {"\xe5\xae\x9e", "<&>"}};
    instance.status = Status::starting;
    instance.override_status = Status::draining;
    instance.ttl = std::chrono::milliseconds{300};
    instance.incarnation = "4f2a91c07be3";
    instance.addr = "tcp@[::1]:9000";
    instance.via = "header";
    instance.stale = true;
    return instance;
}

}  // namespace

TEST(InstanceJson, KeepsEveryField) {
    EXPECT_EQ(instance_from_json(to_json(full())).value(), full());
}

TEST(InstanceJson, LeavesOutWhatOnlyTheEurekaFaceKnows) {
    Instance instance = full();
    instance.eureka = "{}";
    EXPECT_NE(instance, full());
    EXPECT_EQ(to_json(instance), to_json(full()));
}

TEST(InstanceJson, WritesTheTtlInSeconds) {
    Instance instance = full();
    EXPECT_THAT(to_json(instance), HasSubstr("\"ttl\":0.3,"));
    instance.ttl = std::chrono::seconds{15};
    EXPECT_THAT(to_json(instance), HasSubstr("\"ttl\":15,"));
    EXPECT_EQ(instance_from_json(R"({"ttl":2.5})")->ttl.count(), 2500);
}

TEST(InstanceJson, TakesDefaultsAndIgnoresTheUnknown) {
    const Instance read =
        instance_from_json(R"({"address":"10.0.0.7","port":1,"novel":[1],"override":null})")
            .value();
    EXPECT_EQ(read.weight, 100);
    EXPECT_EQ(read.status, Status::up);
    EXPECT_EQ(read.scheme, "tcp");
    EXPECT_FALSE(read.override_status);
}

TEST(InstanceJson, NamesTheFieldThatIsWrong) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "not JSON"},
        {"{", "not JSON"},
        {"[]", "must be a JSON object"},
        {R"({"id":1})", "'id' must be a string"},
        {R"({"port":"9000"})", "'port' must be a whole number"},
        {R"({"port":0})", "'port' must be 1 to 65535"},
        {R"({"port":65536})", "'port' must be 1 to 65535"},
        {R"({"weight":1.5})", "'weight'"},
        {R"({"weight":99999999999})", "'weight'"},
        {R"({"ttl":0})", "'ttl'"},
        {R"({"ttl":"15"})", "'ttl'"},
        {R"({"ttl":1e300})", "'ttl'"},
        {R"({"status":"UP"})", "must be up, starting, draining or down"},
        {R"({"override":1})", "'override' must be a string"},
        {R"({"tags":["a",1]})", "'tags'"},
        {R"({"meta":{"k":1}})", "'meta.k' must be a string"},
        {R"({"stale":1})", "'stale'"},
        {"{\"id\":\"\xff\"}", "not JSON"},
    };
    for (const auto& [text, message] : cases) {
        const Result<Instance> read = instance_from_json(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code(), Errc::invalid_argument);
        EXPECT_THAT(read.error().message(), HasSubstr(message)) << text;
    }
}

TEST(InstanceJson, ReadsLists) {
    const std::string text = R"({"index":"e.7","instances":[)" + to_json(full()) + "]}";
    const InstanceList list = instance_list_from_json(text).value();
    EXPECT_EQ(list.index, "e.7");
    EXPECT_EQ(list.instances, std::vector<Instance>{full()});
    EXPECT_TRUE(instance_list_from_json(R"({"index":"e.1","instances":[]})")->instances.empty());
    EXPECT_THAT(
        instance_list_from_json(R"({"instances":[{},{"port":-1}]})").error().message(),
        HasSubstr("instance 1 of the list")
    );
    EXPECT_FALSE(instance_list_from_json(R"({"index":"e.1"})"));
    EXPECT_FALSE(instance_list_from_json("[]"));
}

TEST(InstanceJson, SurvivesDeepNesting) {
    EXPECT_FALSE(instance_from_json(std::string(60'000, '[')));
    const std::string closed = std::string(30'000, '[') + std::string(30'000, ']');
    EXPECT_FALSE(instance_from_json(closed));
}

TEST(Status, HasNames) {
    for (Status status : {Status::up, Status::starting, Status::draining, Status::down}) {
        EXPECT_EQ(status_from(name_of(status)), status);
    }
    EXPECT_FALSE(status_from("UP"));
}

}  // namespace rollcall::registry
