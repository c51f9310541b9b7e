// The text of list files.
#include <rollcall/registry/instance_json.h>

#include "list_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(ListFile, HasALinePerInstance) {
    const auto list = instances_in_file(
        "# comment\n\n 127.0.0.1:1 \r\nhttp@[::1]:2\n"
        R"({"service":"Arith","id":"c","address":"h.example","port":3,"zone":"z"})"
    );
    ASSERT_TRUE(list) << list.error().message();
    ASSERT_THAT(*list, SizeIs(3));
    EXPECT_EQ((*list)[0].endpoint(), (Endpoint{"127.0.0.1", 1}));
    EXPECT_EQ((*list)[0].id, "127.0.0.1:1");
    EXPECT_EQ((*list)[0].service, "");
    EXPECT_EQ((*list)[1].scheme, "http");
    EXPECT_EQ((*list)[1].id, "[::1]:2");
    EXPECT_EQ((*list)[2].service, "arith");
    EXPECT_EQ((*list)[2].id, "c");
    EXPECT_EQ((*list)[2].zone, "z");
}

TEST(ListFile, MayBeTheAnswerOfARegistry) {
    const std::string one = R"({"service":"arith","id":"a","address":"127.0.0.1","port":1})";
    for (const std::string& text :
         {R"({"index":"e.1","instances":[)" + one + "]}",
          "\n{\n\"index\": \"e.1\",\n\"instances\": [\n" + one + "\n]\n}\n"}) {
        const auto list = instances_in_file(text);
        ASSERT_TRUE(list) << list.error().message();
        ASSERT_THAT(*list, SizeIs(1));
        EXPECT_EQ((*list)[0].service, "arith");
    }
}

// Whoever registered for longer than ten minutes was missing in a list that had been kept.
TEST(ListFile, TakesAnyLeaseUpToAYear) {
    const auto with_ttl = [](const std::string& seconds) {
        return instances_in_file(
            R"({"instances":[{"id":"a","address":"127.0.0.1","port":1,"ttl":)" + seconds + "}]}"
        );
    };
    for (const int seconds : {600, 601, 900, 365 * 24 * 3600}) {
        const auto list = with_ttl(std::to_string(seconds));
        ASSERT_TRUE(list) << list.error().message();
        EXPECT_EQ(list->at(0).ttl, std::chrono::seconds{seconds});
    }
    EXPECT_FALSE(with_ttl(std::to_string(365 * 24 * 3600 + 1)));
    EXPECT_FALSE(with_ttl("-1"));
}

TEST(ListFile, MayBeEmpty) {
    EXPECT_THAT(instances_in_file("").value(), IsEmpty());
    EXPECT_THAT(instances_in_file("\n# nobody\n").value(), IsEmpty());
    EXPECT_THAT(instances_in_file(R"({"instances":[]})").value(), IsEmpty());
}

TEST(ListFile, TheLineThatIsWrongIsNamed) {
    const std::pair<const char*, const char*> cases[] = {
        {"127.0.0.1:1\n127.0.0.1", "line 2: '127.0.0.1' is not host:port"},
        {"127.0.0.1:1\n\n127.0.0.1:0", "line 3: "},
        {"0.0.0.0:1", "line 1: address"},
        {"127.0.0.1:1\n{\"address\":\"h\"}", "line 2: "},
        {"127.0.0.1:1\n{\"address\":\"h\",\"po", "line 2: the text is not JSON"},
        {"127.0.0.1:1\n127.0.0.1:2\n127.0.0.1:1", "line 3: the id '127.0.0.1:1' is that of line 1"},
        {"{\"service\":\"no name!\",\"address\":\"h\",\"port\":1}", "line 1: "},
        {"{\n\"instances\": [\n{\"address\":\"h\",\"port\":1},\n", "line 4: the JSON is not valid"},
        {"{\"instances\": [{\"address\":\"h\",\"port\":1}", "line 1: the JSON is not valid"},
        {"{\"instances\": [{\"port\":1}]}", "instance 0 of the list: address is missing"},
        {"{\"instances\": [{\"address\":\"h\",\"port\":1},{\"address\":\"h\",\"port\":1}]}",
         "instance 1 of the list: its id 'h:1' is that of instance 0"},
    };
    for (const auto& [text, why] : cases) {
        const auto list = instances_in_file(text);
        ASSERT_FALSE(list) << text;
        EXPECT_EQ(list.error().code(), Errc::invalid_argument);
        EXPECT_THAT(list.error().message(), StartsWith(why)) << text;
    }
}

}  // namespace
}  // namespace rollcall::registry
