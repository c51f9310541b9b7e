// scripts/demo with the programs of this build: it ends by itself, and leaves nothing behind.
#include "support/eventually.h"
#include "support/process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

// Whether a process has `mark` in its environment: the demo's children inherit it.
bool is_marked(const std::filesystem::path& process, const std::string& mark) {
    std::ifstream file{process / "environ", std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return text.find(mark) != std::string::npos;
}

class Demo : public testing::Test {
protected:
    Demo() { std::filesystem::create_directory(folder); }

    ~Demo() override { std::filesystem::remove_all(folder); }

    [[nodiscard]] std::unique_ptr<Process> start() const {
        return std::make_unique<Process>(
            std::vector<std::string>{"/bin/bash", ROLLCALL_DEMO, "--bin", ROLLCALL_BIN},
            std::vector<std::string>{mark, "TMPDIR=" + folder.string(), "ROLLCALL_DEMO_TTL=1"}
        );
    }

    // Processes of ours that are alive, and files.
    [[nodiscard]] bool nothing_left() const {
        for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
            if (is_marked(entry.path(), mark)) return false;
        }
        return std::filesystem::is_empty(folder);
    }

    const std::string mark = "ROLLCALL_DEMO_MARK=" + std::to_string(::getpid());
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("rollcall_demo_" + std::to_string(::getpid()));
};

TEST_F(Demo, EndsByItselfAndNoCallFails) {
    const auto demo = start();
    EXPECT_EQ(demo->wait(60s), (ExitStatus{0, 0})) << demo->errors();
    EXPECT_EQ(demo->errors(), "");
    const std::string output = demo->output();
    for (const std::string part :
         {"round robin",
          "A broadcast",
          "kill -9",
          "has forgotten",
          "No call failed",
          "rollcall instances calculator"}) {
        EXPECT_NE(output.find(part), std::string::npos) << part << " is not in\n" << output;
    }
    EXPECT_EQ(output.find('\x1b'), std::string::npos) << "colour in a file";
    std::size_t column = 0;
    for (const char c : output) {
        column = c == '\n' ? 0 : column + 1;
        EXPECT_LE(column, 80U) << output;
    }
    EXPECT_TRUE(eventually([&] { return nothing_left(); }));
}

TEST_F(Demo, LeavesNothingBehindWhenItIsInterrupted) {
    for (const int number : {SIGINT, SIGTERM}) {
        const auto demo = start();
        static_cast<void>(demo->wait_line("Four threads"));
        demo->signal(number);
        const auto status = demo->wait(60s);
        ASSERT_TRUE(status);
        EXPECT_NE(*status, (ExitStatus{0, 0}));
        EXPECT_TRUE(eventually([&] { return nothing_left(); }));
    }
}

TEST_F(Demo, RunsTwiceAtOnce) {
    const auto first = start();
    const auto second = start();
    EXPECT_EQ(first->wait(60s), (ExitStatus{0, 0})) << first->errors();
    EXPECT_EQ(second->wait(60s), (ExitStatus{0, 0})) << second->errors();
    EXPECT_TRUE(eventually([&] { return nothing_left(); }));
}

}  // namespace
}  // namespace rollcall::tests
