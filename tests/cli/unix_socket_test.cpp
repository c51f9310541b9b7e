// Servers on Unix domain sockets as processes: called, listed, killed and started again.

#include "cluster.h"
#include "support/temporary_directory.h"

#include <csignal>
#include <filesystem>

namespace rollcall::tests {
namespace {

class UnixSocketPrograms : public testing::Test {
protected:
    [[nodiscard]] Words listening() const {
        return {"--listen", target, "--registry", registry.url()};
    }

    [[nodiscard]] Finished command(Words words) const {
        words.insert(words.begin(), program("rollcall"));
        return run(std::move(words), {"ROLLCALL_REGISTRY=" + registry.url()});
    }

    [[nodiscard]] Finished add(const std::string& whom) const {
        return command({"call", whom, "add", "1", "2", "--idempotent"});
    }

    TemporaryDirectory folder;
    std::string path = folder.path() + "/calculator.sock";
    std::string target = "unix:" + path;
    RegistryProgram registry;
};

TEST_F(UnixSocketPrograms, AreCalledByPathAndByService) {
    CalculatorProgram server{listening()};
    EXPECT_EQ(server.endpoint(), target);
    EXPECT_EQ(add(target).output, "3\n");
    ASSERT_TRUE(eventually([&] { return add("calculator").output == "3\n"; }));
    const Json listed = Json::parse(command({"instances", "calculator", "--json"}).output);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0]["address"], target);
    EXPECT_EQ(listed[0]["id"], target);
    EXPECT_FALSE(listed[0].contains("port"));
    EXPECT_NE(command({"instances", "calculator"}).output.find(target), std::string::npos);
    // The id holds slashes: it is still one that can be drained, undrained and removed.
    for (const char* const word : {"drain", "undrain", "remove"})
        EXPECT_EQ(command({word, "calculator", target}).status, (ExitStatus{0, 0})) << word;
    EXPECT_EQ(
        command({"call", "calculator", "whoami", "--registry", "list:" + target}).output,
        "\"" + target + "\"\n"
    );
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), (ExitStatus{0, 0}));
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_NE(add(target).errors.find("No such file or directory"), std::string::npos);
}

TEST_F(UnixSocketPrograms, AreStartedAgainWhereOneWasKilled) {
    {
        CalculatorProgram killed{listening()};
        const Finished second = run({program("calculator-server"), "--listen", target});
        EXPECT_EQ(second.status, (ExitStatus{1, 0}));
        EXPECT_NE(
            second.errors.find(
                "held by 'calculator-serv', process " + std::to_string(killed.process().pid())
            ),
            std::string::npos
        ) << second.errors;
        killed.process().kill();
    }
    ASSERT_TRUE(std::filesystem::is_socket(path));
    EXPECT_NE(add(target).errors.find("Connection refused"), std::string::npos);
    CalculatorProgram next{listening()};
    EXPECT_EQ(add(target).output, "3\n");
    EXPECT_TRUE(eventually([&] { return add("calculator").output == "3\n"; }));
}

TEST_F(UnixSocketPrograms, WrongNamesAreRefused) {
    for (const std::string wrong : {"unix:x.sock", "unix:/a/"}) {
        const Finished server = run({program("calculator-server"), "--listen", wrong});
        EXPECT_EQ(server.status, (ExitStatus{2, 0}));
        EXPECT_NE(server.errors.find("no Unix domain socket"), std::string::npos) << server.errors;
        EXPECT_EQ(add(wrong).status, (ExitStatus{2, 0}));
    }
    const Finished center = run({program("rollcall-registry"), "--listen", target});
    EXPECT_EQ(center.status, (ExitStatus{2, 0}));
    EXPECT_NE(center.errors.find("over TCP alone"), std::string::npos) << center.errors;
}

}  // namespace
}  // namespace rollcall::tests
