// The commands over lists and files, which are no registries.
#include "cluster.h"
#include "support/temporary_directory.h"

#include <fstream>

namespace rollcall::tests {
namespace {

Finished rollcall(const std::string& registry, Words words) {
    words.insert(words.begin(), {program("rollcall"), "--registry", registry});
    return run(std::move(words));
}

TEST(OtherRegistries, CallsByNameGoToAListOrAFile) {
    const CalculatorProgram first;
    const CalculatorProgram second;
    const TemporaryDirectory directory;
    std::ofstream{directory.path() + "/list"} << first.endpoint() << "\n"
                                              << second.endpoint() << "\n";
    for (const std::string& url :
         {"list:" + first.endpoint() + "," + second.endpoint(),
          "file:" + directory.path() + "/list"}) {
        EXPECT_EQ(rollcall(url, {"call", "calculator", "add", "1", "2"}).output, "3\n") << url;
        const Finished all = rollcall(url, {"broadcast", "calculator", "whoami", "--json"});
        EXPECT_EQ(Json::parse(all.output).size(), 2U) << all.errors;
        const Finished listed = rollcall(url, {"instances", "calculator", "--json"});
        const Json instances = Json::parse(listed.output);
        ASSERT_EQ(instances.size(), 2U) << listed.errors;
        EXPECT_EQ(instances[0]["id"], first.endpoint());
        EXPECT_EQ(instances[1]["id"], second.endpoint());
    }
}

TEST(OtherRegistries, WhatTheyDoNotHaveIsSaid) {
    for (const Words& words :
         {Words{"services"},
          Words{"watch"},
          Words{"status"},
          Words{"drain", "calculator", "a"},
          Words{"undrain", "calculator", "a"},
          Words{"remove", "calculator", "a"}}) {
        const Finished finished = rollcall("list:127.0.0.1:1", words);
        EXPECT_EQ(finished.status, (ExitStatus{2, 0}));
        EXPECT_NE(finished.errors.find("'" + words[0] + "' needs the API"), std::string::npos)
            << finished.errors;
        EXPECT_NE(finished.errors.find("list:127.0.0.1:1"), std::string::npos);
        EXPECT_EQ(rollcall("lists:127.0.0.1:1", words).status, (ExitStatus{2, 0}));
    }
}

TEST(OtherRegistries, AServerCannotRegisterInAList) {
    const Finished finished = run({program("calculator-server"), "--registry", "list:127.0.0.1:1"});
    EXPECT_EQ(finished.status, (ExitStatus{2, 0}));
    EXPECT_NE(finished.errors.find("can only be read"), std::string::npos) << finished.errors;
}

TEST(OtherRegistries, ABrokenFileIsAnErrorWithItsLine) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/list";
    std::ofstream{path} << "127.0.0.1:1\nnonsense\n";
    const Finished finished = rollcall("file:" + path, {"instances", "calculator"});
    EXPECT_EQ(finished.status, (ExitStatus{1, 0}));
    EXPECT_NE(finished.errors.find(path + ", line 2: "), std::string::npos) << finished.errors;
}

}  // namespace
}  // namespace rollcall::tests
