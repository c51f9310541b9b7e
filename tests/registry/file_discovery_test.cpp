// A discovery that follows a file.
#include <rollcall/discovery/registry_discovery.h>

#include "support/eventually.h"
#include "support/kept_log.h"
#include "support/temporary_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace rollcall {
namespace {

using namespace std::chrono_literals;
using tests::eventually;

class FileDiscovery : public ::testing::Test {
protected:
    void replace(const std::string& text) const {
        std::ofstream{path + ".new"} << text;
        std::filesystem::rename(path + ".new", path);
    }

    [[nodiscard]] discovery::RegistryDiscovery following(std::chrono::milliseconds refresh = 500ms)
        const {
        discovery::RegistryDiscoveryOptions options;
        options.refresh = refresh;
        options.log = log.log();
        return discovery::RegistryDiscovery{"file:" + path, "arith", options};
    }

    // The ports that are listed, in their order: "12".
    [[nodiscard]] static std::string ports(const discovery::RegistryDiscovery& found) {
        std::string text;
        if (const auto list = found.snapshot()) {
            for (const auto& instance : list->instances)
                text += std::to_string(instance.port);
        }
        return text;
    }

    tests::TemporaryDirectory directory;
    const std::string path = directory.path() + "/list";
    tests::KeptLog log;
};

TEST_F(FileDiscovery, FollowsTheFileBetweenRefreshes) {
    replace("127.0.0.1:1\n");
    const auto found = following(60s);
    EXPECT_TRUE(eventually([&] { return ports(found) == "1"; }));
    replace("127.0.0.1:1\n127.0.0.1:2\n");
    EXPECT_TRUE(eventually([&] { return ports(found) == "12"; }));
}

TEST_F(FileDiscovery, ATornFileKeepsTheLastListAndAMissingOneIsAwaited) {
    const auto found = following();
    EXPECT_TRUE(eventually([&] { return log.count(path, LogLevel::warning) == 1; }));
    replace("127.0.0.1:1\n");
    EXPECT_TRUE(eventually([&] { return ports(found) == "1"; }));
    replace("127.0.0.1:2\n127.0.");
    EXPECT_TRUE(eventually([&] { return log.count("line 2: ", LogLevel::warning) == 1; }));
    EXPECT_EQ(ports(found), "1");
    std::filesystem::remove(path);
    EXPECT_EQ(ports(found), "1");
    replace("127.0.0.1:2\n");
    EXPECT_TRUE(eventually([&] { return ports(found) == "2"; }));
    // It may be half of a write: nobody is believed to be left for a while.
    replace("");
    EXPECT_TRUE(eventually([&] { return log.count("lists nothing", LogLevel::warning) == 1; }));
    EXPECT_EQ(ports(found), "2");
}

}  // namespace
}  // namespace rollcall
