// Lists without a registry: given by hand, in a file, of a name.
#include <rollcall/base/file.h>
#include <rollcall/registry/connect.h>
#include <rollcall/registry/given_sources.h>
#include <rollcall/registry/registrar.h>

#include "support/eventually.h"
#include "support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::eventually;

std::vector<std::string> ids_in(const Snapshot& snapshot) {
    std::vector<std::string> ids;
    for (const Instance& instance : snapshot.instances)
        ids.push_back(instance.id);
    return ids;
}

Result<Snapshot> read_one(Source& source, const std::string& service = "arith") {
    auto snapshots = source.read({service}, Deadline::in(5s));
    if (!snapshots) return snapshots.error();
    return snapshots->front();
}

TEST(GivenUrls, OfferASourceAndNoAnnouncer) {
    for (const char* url :
         {"list:127.0.0.1:1,[::1]:2", "file:/tmp/list", "file:///tmp/list", "dns:localhost:9000"}) {
        const auto connection = connect(url);
        ASSERT_TRUE(connection) << url << connection.error().message();
        EXPECT_EQ(connection->announcer, nullptr);
        EXPECT_NE(connection->source, nullptr);
        RegistrarOptions options;
        options.service = "arith";
        options.server = Endpoint{"127.0.0.1", 1};
        EXPECT_THROW((Registrar{url, options}), std::invalid_argument);
    }
}

TEST(GivenUrls, SayWhatIsWrong) {
    const std::pair<const char*, const char*> cases[] = {
        {"list:", "the list is empty"},
        {"list:,", "the list is empty"},
        {"list:127.0.0.1", "there is no port"},
        {"list:127.0.0.1:0", "has port 0"},
        {"list:0.0.0.0:1", "no address that can be dialled"},
        {"list:h:1,h:1", "twice"},
        {"file:", "it names no file"},
        {"file:/tmp/", "it names no file"},
        {"file://host/tmp/x", "a file has no host"},
        {"dns:name", "there is no port"},
        {"dns:name:0", "has port 0"},
    };
    for (const auto& [url, why] : cases) {
        const auto connection = connect(url);
        ASSERT_FALSE(connection) << url;
        EXPECT_EQ(connection.error().code(), Errc::invalid_argument);
        EXPECT_THAT(connection.error().message(), HasSubstr(why));
    }
}

TEST(ListSource, GivesEachServiceTheSame) {
    const Connection list = connect("list:127.0.0.1:2,127.0.0.1:1").value();
    const auto read = list.source->read({"a", "b"}, Deadline::in(5s)).value();
    ASSERT_EQ(read.size(), 2U);
    EXPECT_THAT(ids_in(read[0]), ElementsAre("127.0.0.1:2", "127.0.0.1:1"));
    EXPECT_EQ(read[0].instances[0].service, "a");
    EXPECT_EQ(read[1].instances[0].service, "b");
    EXPECT_EQ(read[0].index, read_one(*list.source, "a").value().index);
}

TEST(DnsSource, ListsAllAddressesInAStableOrder) {
    std::vector<std::string> answer{"10.0.0.2", "::1", "10.0.0.1", "10.0.0.2"};
    DnsSource source{Endpoint{"name", 9000}, [&](const std::string& host) {
                         EXPECT_EQ(host, "name");
                         return Result<std::vector<std::string>>{answer};
                     }};
    const Snapshot first = read_one(source).value();
    EXPECT_THAT(ids_in(first), ElementsAre("10.0.0.1:9000", "10.0.0.2:9000", "[::1]:9000"));
    std::swap(answer[0], answer[2]);
    EXPECT_EQ(read_one(source).value().index, first.index);
    answer.erase(answer.begin());
    EXPECT_NE(read_one(source).value().index, first.index);
    answer.clear();
    const auto nobody = read_one(source);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code(), Errc::registry_failed);
    EXPECT_THAT(nobody.error().message(), HasSubstr("dns:name:9000: 'name' has no address"));
}

TEST(DnsSource, KnowsThisMachineAndLiterals) {
    const Connection name = connect("dns:localhost:9000").value();
    EXPECT_THAT(ids_in(read_one(*name.source).value()), ::testing::Contains("127.0.0.1:9000"));
    const Connection literal = connect("dns:127.0.0.1:9000").value();
    EXPECT_THAT(ids_in(read_one(*literal.source).value()), ElementsAre("127.0.0.1:9000"));
}

// A resolver that hangs costs the deadline, and a stop ends it.
TEST(DnsSource, IsBoundedByDeadlineAndStop) {
    auto release = std::make_shared<std::promise<void>>();
    const std::shared_future<void> released = release->get_future().share();
    DnsSource source{Endpoint{"name", 9000}, [released](const std::string&) {
                         released.wait();
                         return Result<std::vector<std::string>>{std::vector<std::string>{"::1"}};
                     }};
    const auto late = source.read({"a"}, Deadline::in(50ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::registry_failed);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = source.read({"a"}, Deadline::in(20s), stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code(), Errc::cancelled);
    release->set_value();
    EXPECT_TRUE(source.read({"a"}, Deadline::in(20s)));
}

class FileSourceTest : public ::testing::Test {
protected:
    void write(const std::string& text) const { std::ofstream{path} << text; }

    void replace(const std::string& text) const {
        std::ofstream{path + ".new"} << text;
        std::filesystem::rename(path + ".new", path);
    }

    // Waits for news of `arith` on another thread.
    [[nodiscard]] std::future<Result<std::vector<Snapshot>>> waiting(
        const std::string& index, Duration wait = 15s
    ) {
        return std::async(std::launch::async, [this, index, wait] {
            return source.wait({{"arith", index}}, wait, Deadline::in(20s), stop.get_token());
        });
    }

    tests::TemporaryDirectory directory;
    const std::string path = directory.path() + "/list";
    FileSource source{path};
    std::stop_source stop;
};

TEST_F(FileSourceTest, ListsWhatIsMeantForTheService) {
    write(
        "127.0.0.1:1\n{\"service\":\"arith\",\"address\":\"127.0.0.1\",\"port\":2}\n"
        "{\"service\":\"other\",\"address\":\"127.0.0.1\",\"port\":3}\n"
    );
    EXPECT_THAT(ids_in(read_one(source).value()), ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
    EXPECT_THAT(ids_in(read_one(source, "x").value()), ElementsAre("127.0.0.1:1"));
}

TEST_F(FileSourceTest, HearsOfWritesAndOfReplacedFiles) {
    write("127.0.0.1:1\n");
    std::string index = read_one(source).value().index;
    const auto news_after = [&](auto change) {
        auto news = waiting(index);
        change();
        const auto snapshots = news.get().value();
        EXPECT_EQ(snapshots.size(), 1U);
        if (snapshots.empty()) return std::vector<std::string>{};
        index = snapshots[0].index;
        return ids_in(snapshots[0]);
    };
    EXPECT_THAT(news_after([&] { write("127.0.0.1:2\n"); }), ElementsAre("127.0.0.1:2"));
    EXPECT_THAT(news_after([&] { replace("127.0.0.1:3\n"); }), ElementsAre("127.0.0.1:3"));
    EXPECT_THAT(
        news_after([&] {
            std::filesystem::remove(path);
            replace("127.0.0.1:4\n");
        }),
        ElementsAre("127.0.0.1:4")
    );
}

// As Kubernetes puts a new version in place: a link to a folder is exchanged.
TEST_F(FileSourceTest, FollowsLinksThatAreExchanged) {
    namespace fs = std::filesystem;
    const fs::path base{directory.path()};
    for (const char* version : {"v1", "v2"}) {
        fs::create_directory(base / version);
        std::ofstream{base / version / "list"} << "127.0.0.1:" << version[1] << "\n";
    }
    fs::create_directory_symlink(base / "v1", base / "data");
    fs::create_symlink("data/list", path);
    const Snapshot before = read_one(source).value();
    EXPECT_THAT(ids_in(before), ElementsAre("127.0.0.1:1"));
    auto news = waiting(before.index);
    fs::create_directory_symlink(base / "v2", base / "data.new");
    fs::rename(base / "data.new", base / "data");
    EXPECT_THAT(ids_in(news.get().value().at(0)), ElementsAre("127.0.0.1:2"));
}

TEST_F(FileSourceTest, SaysNothingWhenNothingHasChanged) {
    write("127.0.0.1:1\n");
    const std::string index = read_one(source).value().index;
    auto news = waiting(index, 200ms);
    replace("127.0.0.1:1\n# the same list\n");
    EXPECT_THAT(news.get().value(), IsEmpty());
}

TEST_F(FileSourceTest, AFileThatIsMissingIsAnErrorUntilItAppears) {
    const auto missing = read_one(source);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), Errc::registry_failed);
    EXPECT_THAT(missing.error().message(), HasSubstr(path));
    auto news = waiting("");
    replace("127.0.0.1:1\n");
    EXPECT_THAT(ids_in(news.get().value().at(0)), ElementsAre("127.0.0.1:1"));
}

TEST_F(FileSourceTest, ATornFileIsAnErrorWithItsLine) {
    write("127.0.0.1:1\n127.0.0");
    const auto torn = read_one(source);
    ASSERT_FALSE(torn);
    EXPECT_THAT(torn.error().message(), HasSubstr("file:" + path + ", line 2: "));
    // A wait does not end by it at once, but it does.
    const auto waited = waiting("x").get();
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().message(), torn.error().message());
}

// Opening a named pipe that nobody writes to waits for ever.
TEST_F(FileSourceTest, WhatIsNoFileIsAnErrorAtOnce) {
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const auto pipe = read_one(source);
    ASSERT_FALSE(pipe);
    EXPECT_EQ(pipe.error().code(), Errc::registry_failed);
    EXPECT_THAT(pipe.error().message(), HasSubstr("file:" + path + " is no regular file"));
    FileSource folder{directory.path()};
    EXPECT_THAT(read_one(folder).error().message(), HasSubstr("is no regular file"));
    replace("127.0.0.1:1\n");
    EXPECT_THAT(ids_in(read_one(source).value()), ElementsAre("127.0.0.1:1"));
}

// A list of 16 MB was parsed twice a second by everybody who followed it.
TEST_F(FileSourceTest, IsNotReadAgainUnlessItHasChanged) {
    write("127.0.0.1:1\n");
    const FileDescriptor events{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    ASSERT_GE(::inotify_add_watch(events.get(), path.c_str(), IN_OPEN), 0);
    const auto is_opened_by_a_read = [&] {
        EXPECT_THAT(ids_in(read_one(source).value()), ElementsAre("127.0.0.1:1"));
        std::array<char, 4096> dropped;
        return ::read(events.get(), dropped.data(), dropped.size()) > 0;
    };
    EXPECT_TRUE(is_opened_by_a_read());
    EXPECT_TRUE(is_opened_by_a_read()) << "it may have changed without a trace in its time";
    EXPECT_TRUE(eventually([&] { return !is_opened_by_a_read(); }));
    EXPECT_FALSE(is_opened_by_a_read());
    write("127.0.0.1:2\n");
    EXPECT_THAT(ids_in(read_one(source).value()), ElementsAre("127.0.0.1:2"));
}

TEST_F(FileSourceTest, AStopEndsAWait) {
    write("127.0.0.1:1\n");
    auto news = waiting(read_one(source).value().index);
    stop.request_stop();
    const auto ended = news.get();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::cancelled);
}

TEST_F(FileSourceTest, HoldsItsLimit) {
    const std::string line = "127.0.0.1:1\n";
    write(line + std::string(kListFileBytesMax - line.size(), '\n'));
    EXPECT_THAT(ids_in(read_one(source).value()), ElementsAre("127.0.0.1:1"));
    write(line + std::string(kListFileBytesMax - line.size() + 1, '\n'));
    EXPECT_FALSE(read_one(source));
}

}  // namespace
}  // namespace rollcall::registry
