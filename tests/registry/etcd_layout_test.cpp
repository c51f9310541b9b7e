// Keys, values and messages of etcd, without an etcd.
#include "etcd_layout.h"

#include <rollcall/registry/connect.h>

#include "etcd_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

EtcdLayout layout(
    std::string_view name, std::optional<std::string> prefix = {}, std::uint16_t port = 0
) {
    return EtcdLayout::parse(name, std::move(prefix), port).value();
}

std::string address_of(const std::optional<Instance>& instance) {
    return instance ? instance->endpoint().to_string() : "none";
}

Instance whole_instance() {
    Instance instance;
    instance.service = "calculator";
    instance.id = "a/b";
    instance.address = "::1";
    instance.port = 9000;
    instance.version = "1.2";
    instance.zone = "east";
    instance.weight = 7;
    instance.tags = {"blue", "new"};
    instance.meta = {{"k", "v \"quoted\""}};
    instance.status = Status::draining;
    instance.ttl = std::chrono::seconds{15};
    instance.incarnation = "0123456789abcdef";
    instance.via = "etcd";
    return instance;
}

TEST(EtcdKeys, EndOfAPrefixIsTheNextOneThatIsNotUnderIt) {
    EXPECT_EQ(keys_under("server/"), (EtcdRange{"server/", "server0"}));
    EXPECT_EQ(keys_under("a\xff\xff"), (EtcdRange{"a\xff\xff", "b"}));
    const std::string nul(1, '\0');
    EXPECT_EQ(keys_under("\xff"), (EtcdRange{"\xff", nul}));
    EXPECT_EQ(keys_under(""), (EtcdRange{nul, nul}));
}

TEST(EtcdKeys, HullHoldsAllRanges) {
    const EtcdRange all = keys_under("");
    const EtcdRange one{"b", ""};
    const EtcdRange under = keys_under("a/");
    EXPECT_EQ(hull_of({one}), (EtcdRange{"b", std::string{"b\0", 2}}));
    EXPECT_EQ(hull_of({one, under}), (EtcdRange{"a/", std::string{"b\0", 2}}));
    EXPECT_EQ(hull_of({one, all, under}), all);
    EXPECT_TRUE(contains(one, "b") && !contains(one, "b/") && !contains(one, "a"));
    EXPECT_TRUE(contains(under, "a/x") && !contains(under, "a") && !contains(under, "a0"));
    EXPECT_TRUE(contains(all, "\xff\xff"));
    EXPECT_TRUE(contains(hull_of({one}), "b") && !contains(hull_of({one}), "b/"));
}

TEST(EtcdLayout, AddressesOfUnixDomainSocketsAreTexts) {
    Instance instance = whole_instance();
    instance.address = "unix:/run/x.sock";
    instance.port = 0;
    instance.id = "unix:/run/x.sock";
    for (const char* const name : {"services", "plain"}) {
        const EtcdLayout each = layout(name);
        const auto read =
            each.instance_of("calculator", each.key_of(instance), each.value_of(instance));
        EXPECT_EQ(address_of(read), "unix:/run/x.sock") << name;
        EXPECT_EQ(read->id, instance.id) << name;
    }
    EXPECT_EQ(
        *layout("services")
             .instance_of(
                 "calculator",
                 "services/calculator/unix:/run/x.sock",
                 layout("services").value_of(instance)
             ),
        instance
    );
}

TEST(EtcdLayout, ServicesKeepsEverythingOfAnInstance) {
    const Instance instance = whole_instance();
    const EtcdLayout services = layout("services");
    EXPECT_EQ(services.key_of(instance), "services/calculator/a/b");
    const std::string value = services.value_of(instance);
    EXPECT_THAT(value, StartsWith(R"({"IP":"::1","Addr":"[::1]:9000","service":"calculator")"));
    const auto read = services.instance_of("calculator", services.key_of(instance), value);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, instance);
}

TEST(EtcdLayout, ServicesReadsWhatOthersWrite) {
    const EtcdLayout services = layout("services", {}, 4000);
    const auto read = [&](const char* key, const char* value) {
        return services.instance_of("calc", key, value);
    };
    const auto bare = read("services/calc", R"({"IP":"192.168.1.26"})");
    EXPECT_EQ(address_of(bare), "192.168.1.26:4000");
    EXPECT_EQ(bare->id, "192.168.1.26:4000");
    EXPECT_EQ(address_of(read("services/calc/x", R"({"IP":"fe80::1"})")), "[fe80::1]:4000");
    EXPECT_EQ(address_of(read("services/calc/x", R"({"IP":"h","Addr":"h:1"})")), "h:1");
    const auto more = read("services/calc/x", R"({"Addr":"h:1","weight":3,"zone":"w"})");
    EXPECT_EQ(address_of(more), "h:1");
    EXPECT_EQ(more->weight, 3);
    EXPECT_EQ(more->zone, "w");
    EXPECT_EQ(more->id, "x");
    // A field of the same name but another type does not take it off the list.
    EXPECT_EQ(address_of(read("services/calc/x", R"({"Addr":"h:1","weight":"3"})")), "h:1");
}

TEST(EtcdLayout, ServicesLeavesOutWhatCannotBeCalled) {
    const EtcdLayout services = layout("services");
    for (const char* value :
         {"",
          "10.0.0.1:9000",
          "[]",
          "{}",
          R"({"IP":"192.168.1.26"})",
          R"({"Addr":"h:0"})",
          R"({"Addr":"0.0.0.0:1"})",
          R"({"Addr":1})",
          R"({"address":"h","port":0})"})
        EXPECT_EQ(services.instance_of("calc", "services/calc/x", value), std::nullopt) << value;
    const char* good = R"({"Addr":"h:1"})";
    EXPECT_TRUE(services.instance_of("calc", "services/calc/x", good).has_value());
    EXPECT_FALSE(services.instance_of("calc", "services/calc2/x", good).has_value());
    EXPECT_FALSE(services.instance_of("calc", "service/calc/x", good).has_value());
    EXPECT_FALSE(services.instance_of("calc", "services/calc/a\nb", good).has_value());
}

TEST(EtcdLayout, ServicesReadsTheBareKeyAndThoseUnderIt) {
    EXPECT_THAT(
        layout("services", "x").ranges_of("calc"),
        ElementsAre(EtcdRange{"x/calc", ""}, EtcdRange{"x/calc/", "x/calc0"})
    );
}

TEST(EtcdLayout, PlainIsAnAddressUnderAPrefixThatEndsWithASlash) {
    Instance instance = whole_instance();
    instance.id = "001";
    const EtcdLayout plain = layout("plain");
    EXPECT_EQ(plain.key_of(instance), "server/001");
    EXPECT_EQ(plain.value_of(instance), "[::1]:9000");
    EXPECT_THAT(plain.ranges_of("any"), ElementsAre(EtcdRange{"server/", "server0"}));
    const auto read = plain.instance_of("any", "server/001", "127.0.0.1:1212");
    EXPECT_EQ(address_of(read), "127.0.0.1:1212");
    EXPECT_EQ(read->id, "001");
    EXPECT_EQ(read->service, "any");

    const EtcdLayout nodes = layout("plain", "/node", 80);
    EXPECT_THAT(nodes.ranges_of("any"), ElementsAre(EtcdRange{"/node/", "/node0"}));
    EXPECT_EQ(address_of(nodes.instance_of("any", "/node/111", "10.0.0.1")), "10.0.0.1:80");
    EXPECT_FALSE(nodes.instance_of("any", "/nodex/111", "10.0.0.1:1").has_value());
}

TEST(EtcdLayout, NamingOfGrpcIsRead) {
    const EtcdLayout naming = layout("naming");
    const auto read = [&](const char* value) {
        return naming.instance_of("calc", "calc/10.0.0.1:1", value);
    };
    const auto instance = read(R"({"Op":0,"Addr":"10.0.0.1:1","Metadata":{"a":1}})");
    EXPECT_EQ(address_of(instance), "10.0.0.1:1");
    EXPECT_EQ(instance->id, "10.0.0.1:1");
    EXPECT_EQ(read(R"({"Op":1,"Addr":"10.0.0.1:1"})"), std::nullopt) << "it has left";
    EXPECT_EQ(read("10.0.0.1:1"), std::nullopt);
    EXPECT_FALSE(naming.is_writable());
}

TEST(EtcdLayout, RpcxIsReadWhateverTheCaseOfItsServices) {
    const EtcdLayout rpcx = layout("rpcx", "base");
    const auto read = [&](const char* key, const char* value) {
        return rpcx.instance_of("arith", key, value);
    };
    const auto instance = read("base/Arith/tcp@10.0.0.1:8972", "weight=10&group=blue");
    EXPECT_EQ(address_of(instance), "10.0.0.1:8972");
    EXPECT_EQ(instance->weight, 10);
    EXPECT_EQ(instance->scheme, "tcp");
    EXPECT_THAT(instance->tags, ElementsAre("blue"));
    EXPECT_EQ(read("base/Arith/tcp@10.0.0.1:8972", "state=inactive")->status, Status::down);
    EXPECT_EQ(read("base/Arith/tcp@10.0.0.1:8972", "")->weight, 100);
    EXPECT_EQ(read("base/Other/tcp@10.0.0.1:8972", ""), std::nullopt);
    EXPECT_EQ(read("base/Arith", "rpcx_path"), std::nullopt);
}

TEST(EtcdLayout, UnknownOnesAreRefused) {
    EXPECT_THAT(
        EtcdLayout::parse("other", {}, 0).error().message(), HasSubstr("services, plain, naming")
    );
}

TEST(EtcdJson, NumbersAreTextOrNumbersOrLeftOut) {
    const Json json = Json::parse(R"({"a":"7587862094","b":5,"c":"x","d":-1,"e":true})");
    EXPECT_EQ(number_in(json, "a"), 7587862094);
    EXPECT_EQ(number_in(json, "b"), 5);
    EXPECT_EQ(number_in(json, "d"), -1);
    for (const char* none : {"c", "e", "f"})
        EXPECT_EQ(number_in(json, none), 0) << none;
    EXPECT_EQ(number_in(Json{}, "a"), 0);
}

TEST(EtcdJson, WatchLinesOfAllKinds) {
    const auto created = watch_line_from_json(R"({"result":{"created":true}})");
    ASSERT_TRUE(created);
    EXPECT_FALSE(created->canceled || created->failed);
    const auto events = watch_line_from_json(
        R"({"result":{"events":[{"kv":{"key":"YWE=","value":"MQ==","mod_revision":"2"}},)"
        R"({"type":"DELETE","kv":{"key":"YWE=","mod_revision":"3"}}]}})"
    );
    ASSERT_EQ(events->changes.size(), 2U);
    EXPECT_EQ(events->changes[0].entry.value, "1");
    EXPECT_FALSE(events->changes[0].deleted);
    EXPECT_TRUE(events->changes[1].deleted);
    EXPECT_EQ(events->changes[1].entry.key, "aa");
    EXPECT_EQ(events->changes[1].entry.mod_revision, 3);
    const auto gone =
        watch_line_from_json(R"({"result":{"canceled":true,"compact_revision":"4"}})");
    EXPECT_TRUE(gone->canceled && gone->compacted);
    const auto refused =
        watch_line_from_json(R"({"result":{"created":true,"canceled":true,"cancel_reason":"no"}})");
    EXPECT_TRUE(refused->canceled && !refused->compacted);
    EXPECT_EQ(refused->reason, "no");
    const auto failed = watch_line_from_json(R"({"error":{"grpc_code":14,"message":"no leader"}})");
    EXPECT_TRUE(failed->failed);
    EXPECT_EQ(failed->reason, "no leader");
    for (const char* other : {"", "{", "[]", "{}", R"({"result":1})"})
        EXPECT_EQ(watch_line_from_json(other), std::nullopt) << other;
}

TEST(EtcdUrl, OffersBothPortsOrOneForLayoutsThatAreOnlyRead) {
    for (const char* url :
         {"etcd://127.0.0.1",
          "etcd://a,b:1,[::1]",
          "etcds://a:2379,b:2379/base/services",
          "etcd://a//node?layout=plain&ttl=5&port=80"}) {
        const auto connection = connect(url);
        ASSERT_TRUE(connection.has_value()) << url << ": " << connection.error().message();
        EXPECT_NE(connection->announcer, nullptr);
        EXPECT_NE(connection->source, nullptr);
    }
    for (const char* url : {"etcd://a?layout=naming", "etcd://a/base?layout=rpcx"}) {
        const auto connection = connect(url);
        ASSERT_TRUE(connection.has_value());
        EXPECT_EQ(connection->announcer, nullptr);
        EXPECT_NE(connection->source, nullptr);
    }
}

TEST(EtcdUrl, MistakesAreNamed) {
    const auto why = [](const char* url, const std::string& token = "") {
        return connect(url, {token, {}}).error().message();
    };
    EXPECT_THAT(why("etcd://"), HasSubstr("there is no host"));
    EXPECT_THAT(why("etcd://a,:1"), HasSubstr("is not a URL"));
    EXPECT_THAT(why("etcd://a?layout=x"), HasSubstr("layout is 'x'"));
    for (const char* ttl : {"0", "86401", "1.5", "x", ""})
        EXPECT_THAT(why((std::string{"etcd://a?ttl="} + ttl).c_str()), HasSubstr("ttl must be"));
    EXPECT_TRUE(connect("etcd://a?ttl=1") && connect("etcd://a?ttl=86400"));
    EXPECT_THAT(why("etcd://a?port=0"), HasSubstr("port must be"));
    EXPECT_THAT(why("etcd://a?port=65536"), HasSubstr("port must be"));
    EXPECT_THAT(why("etcd://a?user=me"), HasSubstr("give it as the token"));
    EXPECT_THAT(why("etcd://a?user=", "secret"), HasSubstr("user must be"));
    const std::string inside = why("etcd://me:geheim@a");
    EXPECT_THAT(inside, HasSubstr("not supported"));
    EXPECT_THAT(inside, ::testing::Not(HasSubstr("geheim")));
}

}  // namespace
}  // namespace rollcall::registry
