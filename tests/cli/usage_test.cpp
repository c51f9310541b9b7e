// What the command says to those who ask for help or get it wrong. No network.
#include "support/programs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rollcall::tests {
namespace {

using Words = std::vector<std::string>;

Finished command(Words words) {
    words.insert(words.begin(), program("rollcall"));
    return run(std::move(words));
}

const Words kCommands{
    "services",
    "instances",
    "call",
    "broadcast",
    "methods",
    "health",
    "top",
    "status",
    "bench",
    "drain",
    "undrain",
    "remove"};

TEST(Usage, HelpFitsAScreen) {
    const Finished all = command({"--help"});
    EXPECT_EQ(all.status, (ExitStatus{0, 0}));
    for (const std::string& name : kCommands) {
        EXPECT_NE(all.output.find(name), std::string::npos) << all.output;
        const Finished one = command({name, "--help"});
        EXPECT_EQ(one.status, (ExitStatus{0, 0}));
        EXPECT_NE(one.output.find("rollcall " + name), std::string::npos) << one.output;
        EXPECT_LE(std::count(one.output.begin(), one.output.end(), '\n'), 24) << one.output;
    }
    EXPECT_LE(std::count(all.output.begin(), all.output.end(), '\n'), 40) << all.output;
}

TEST(Usage, TellsTheVersion) {
    const Finished version = command({"--version"});
    EXPECT_EQ(version.status, (ExitStatus{0, 0}));
    EXPECT_EQ(version.output.substr(0, 9), "rollcall ");
}

struct Mistake {
    Words words;
    std::string said;
};

TEST(Usage, EveryMistakeIsOneSentenceAndStatusTwo) {
    const std::vector<Mistake> mistakes{
        {{}, "a command is missing"},
        {{"cal"}, "no command 'cal'"},
        {{"call"}, "TARGET is missing"},
        {{"call", "127.0.0.1:1"}, "METHOD is missing"},
        {{"instances"}, "SERVICE is missing"},
        {{"drain", "x"}, "ID is missing"},
        {{"services", "x"}, "'x' is too much"},
        {{"methods", "127.0.0.1:1", "x"}, "'x' is too much"},
        {{"services", "--nonsense"}, "--nonsense"},
        {{"services", "--registry"}, "--registry"},
        {{"services", "--registry", "nonsense"}, "nonsense"},
        {{"services", "--timeout", "0"}, "--timeout must be"},
        {{"services", "--timeout", "86401"}, "--timeout must be"},
        {{"services", "--timeout", "soon"}, "soon"},
        {{"services", "--token-file", "/nowhere"}, "--token-file"},
        {{"bench", "127.0.0.1:1", "m", "--threads", "0"}, "--threads"},
        {{"bench", "127.0.0.1:1", "m", "--in-flight", "65537"}, "--in-flight"},
        {{"bench", "127.0.0.1:1", "m", "--seconds", "-1"}, "--seconds must be"},
        {{"call", "127.0.0.1:1", "m", "hello"}, "argument 1, 'hello', is not JSON"},
        {{"call", "127.0.0.1:1", "m", "1", "[1,"}, "argument 2, '[1,', is not JSON"},
        {{"broadcast", "x", "m", "{"}, "argument 1"},
        {{"call", "127.0.0.1:1", ""}, "METHOD must have"},
        {{"call", "127.0.0.1:1", std::string(256, 'm')}, "METHOD must have"},
        {{"call", "127.0.0.1:99999", "m"}, "99999"},
        {{"call", "not a name", "m"}, "TARGET must be"},
        {{"broadcast", "not a name", "m"}, "not a name"},
        {{"health"}, "TARGET is missing"},
        {{"health", "127.0.0.1:1", "x"}, "'x' is too much"},
        {{"health", "127.0.0.1:99999"}, "99999"},
        {{"health", "not a name"}, "not a name"},
        {{"health", "127.0.0.1:1", "--once"}, "--once"},
        {{"top"}, "TARGET is missing"},
        {{"top", "127.0.0.1:1", "x"}, "'x' is too much"},
        {{"top", "127.0.0.1:99999"}, "99999"},
        {{"top", "not a name"}, "not a name"},
        {{"top", "127.0.0.1:1", "--seconds", "0"}, "--seconds must be"},
        {{"top", "127.0.0.1:1", "--seconds", "often"}, "often"},
    };
    for (const Mistake& mistake : mistakes) {
        const Finished finished = command(mistake.words);
        EXPECT_EQ(finished.status, (ExitStatus{2, 0})) << mistake.said;
        EXPECT_NE(finished.errors.find(mistake.said), std::string::npos) << finished.errors;
        EXPECT_EQ(std::count(finished.errors.begin(), finished.errors.end(), '\n'), 1)
            << finished.errors;
        EXPECT_EQ(finished.output, "");
    }
}

TEST(Usage, ATextWithoutItsQuotesIsExplained) {
    const Finished finished = command({"call", "127.0.0.1:1", "m", "hello"});
    EXPECT_NE(finished.errors.find(R"('"hello"')"), std::string::npos) << finished.errors;
}

}  // namespace
}  // namespace rollcall::tests
