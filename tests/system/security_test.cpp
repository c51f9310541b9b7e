// The whole chain over TLS with tokens, set up by the very commands of docs/registry.md: registrar,
// registry, discovery and operator as real programs.
#include "support/eventually.h"
#include "support/programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace rollcall::tests {
namespace {

using ::testing::HasSubstr;
using Words = std::vector<std::string>;

// The first sh block of that section of the registry's documentation.
std::string documented_commands(const std::string& heading) {
    std::stringstream text;
    text << std::ifstream{ROLLCALL_DOCS "/registry.md"}.rdbuf();
    const std::string all = text.str();
    const auto section = all.find("\n" + heading + "\n");
    const std::string opening = "```sh\n";
    const auto begin = all.find(opening, section);
    const auto end = all.find("\n```", begin);
    if (section == std::string::npos || end == std::string::npos) {
        throw std::runtime_error{"docs/registry.md has no commands under " + heading};
    }
    return all.substr(begin + opening.size(), end - begin - opening.size());
}

class SecurityChain : public testing::Test {
protected:
    SecurityChain() {
        std::string pattern = testing::TempDir() + "rollcall_chain_XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
        folder = pattern;
        sh("cd " + folder + "\n" + documented_commands("### Set it up"));
    }

    ~SecurityChain() override { std::filesystem::remove_all(folder); }

    static void sh(const std::string& script) {
        const Finished done = run({"/bin/bash", "-euc", script});
        if (done.status != ExitStatus{0, 0}) throw std::runtime_error{done.errors};
    }

    [[nodiscard]] std::string file(const char* name) const { return folder + "/" + name; }

    [[nodiscard]] Words registry_command(Words more = {}) const {
        Words words{
            program("rollcall-registry"),
            "--listen",
            "127.0.0.1:0",
            "--ttl",
            "0.9",
            "--token-file",
            file("registry.tokens"),
            "--tls-cert",
            file("registry.pem"),
            "--tls-key",
            file("registry.key"),
        };
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }

    // The options of a client with that token file.
    [[nodiscard]] Words access(const char* tokens) const {
        return {"--token-file", file(tokens), "--tls-ca", file("ca.pem")};
    }

    [[nodiscard]] static Finished rollcall(const std::string& url, Words words, Words access) {
        Words command{program("rollcall"), "--registry", url, "--timeout", "10"};
        command.insert(command.end(), access.begin(), access.end());
        command.insert(command.end(), words.begin(), words.end());
        return run(std::move(command));
    }

    std::string folder;
};

TEST_F(SecurityChain, RegistrarRegistryDiscoveryAndOperatorWorkTogether) {
    Process registry{registry_command()};
    const std::string url = last_word(registry.wait_line("listening on https://127.0.0.1:"));
    Words options = CalculatorProgram::in(url);
    for (const std::string& word : access("writer.token"))
        options.push_back(word);
    CalculatorProgram calculator{options};
    const auto ask = [&](Words words, const char* tokens) {
        return rollcall(url, std::move(words), access(tokens));
    };
    ASSERT_TRUE(eventually([&] {
        return ask({"instances", "calculator"}, "reader.token")
                   .output.find(calculator.endpoint()) != std::string::npos;
    }));
    EXPECT_EQ(ask({"call", "calculator", "add", "1", "2"}, "reader.token").output, "3\n");
    const Words drain{"drain", "calculator", calculator.endpoint()};
    const Finished refused = ask(drain, "reader.token");
    EXPECT_EQ(refused.status.code, 1);
    EXPECT_THAT(refused.errors, HasSubstr("403: this token may only read; use a write token"));
    EXPECT_EQ(ask(drain, "writer.token").status.code, 0);

    const Finished nobody = rollcall(url, {"services"}, {"--tls-ca", file("ca.pem")});
    EXPECT_THAT(nobody.errors, HasSubstr("401: this registry asks for a token"));
    const Finished strange = rollcall(url, {"services"}, {"--token-file", file("reader.token")});
    EXPECT_THAT(strange.errors, HasSubstr("is not by an authority of the system's store"));
    EXPECT_EQ(nobody.status.code + strange.status.code, 2);

    const Finished curl = run(
        {"/bin/bash",
         "-euc",
         "cd " + folder +
             "; read -r _ token < reader.token; curl -sS --cacert ca.pem -H "
             "\"Authorization: Bearer $token\" " +
             url + "/v1/services"}
    );
    EXPECT_THAT(curl.output, HasSubstr(R"("name":"calculator")")) << curl.errors;
}

TEST_F(SecurityChain, HangupTakesNewTokensAndCertificates) {
    Process registry{registry_command({"--tls-ca", file("ca.pem"), "--log-level", "info"})};
    const std::string url = last_word(registry.wait_line("listening on https://"));
    const auto ask = [&] {
        Words shown = access("reader.token");
        for (const char* word : {"--tls-cert", "--tls-key"})
            shown.insert(
                shown.end(), {word, file(word[6] == 'c' ? "registry.pem" : "registry.key")}
            );
        return rollcall(url, {"services"}, std::move(shown));
    };
    EXPECT_EQ(ask().status.code, 0) << ask().errors;
    const Finished without = rollcall(url, {"services"}, access("reader.token"));
    EXPECT_THAT(without.errors, HasSubstr("asks for a client certificate"));

    std::ofstream{file("registry.tokens")} << "write another-token\nread one-more-token\n";
    registry.signal(SIGHUP);
    EXPECT_TRUE(eventually([&] { return ask().errors.find("401") != std::string::npos; }));
    std::ofstream{file("reader.token")} << "one-more-token\n";
    EXPECT_EQ(ask().status.code, 0);

    std::ofstream{file("registry.tokens")} << "nonsense\n";
    registry.signal(SIGHUP);
    EXPECT_TRUE(eventually([&] {
        return registry.errors().find("the former is kept: " + file("registry.tokens")) !=
               std::string::npos;
    }));
    EXPECT_EQ(ask().status.code, 0);
    // Everything anew: whoever believes the former authority is no longer served.
    std::ofstream{file("registry.tokens")} << "write another-token\nread one-more-token\n";
    std::filesystem::copy_file(file("ca.pem"), file("former.pem"));
    sh("cd " + folder + "\n" + documented_commands("### Set it up"));
    registry.signal(SIGHUP);
    EXPECT_TRUE(eventually([&] { return ask().status.code == 0; })) << ask().errors;
    std::filesystem::copy_file(
        file("former.pem"), file("ca.pem"), std::filesystem::copy_options::overwrite_existing
    );
    EXPECT_THAT(ask().errors, HasSubstr("is not by an authority in"));

    registry.signal(SIGTERM);
    EXPECT_EQ(registry.wait(), (ExitStatus{0, 0}));
}

TEST_F(SecurityChain, UnusableFilesAreWrongUsage) {
    struct Case {
        Words command;
        const char* part;
    };

    const std::string registry = program("rollcall-registry");
    const std::string listen = "--listen=127.0.0.1:0";
    for (const Case& each : {
             Case{{registry, listen, "--token-file", "/nowhere"}, "'/nowhere' cannot be read"},
             Case{{registry, listen, "--tls-cert", file("registry.pem")}, "needs its key too"},
             Case{{registry, listen, "--tls-ca", file("ca.pem")}, "needs the server's own"},
             Case{
                 {program("rollcall"), "services", "--token-file", file("registry.tokens")},
                 "line 1: must be `registry TOKEN` or `server TOKEN`"},
             Case{
                 {program("calculator-server"), "--token-file", file("registry.tokens")},
                 "line 1: must be `registry TOKEN` or `server TOKEN`"},
             Case{
                 {program("rollcall"),
                  "services",
                  "--registry=https://127.0.0.1:1",
                  "--tls-ca",
                  "/nowhere"},
                 "ca_file '/nowhere': cannot be read"},
         }) {
        const Finished done = run(each.command);
        EXPECT_EQ(done.status.code, 2) << each.part;
        EXPECT_THAT(done.errors, HasSubstr(each.part));
    }
}

TEST_F(SecurityChain, VariablesWorkAsTheFlagsDo) {
    Process registry{
        {program("rollcall-registry"), "--listen", "127.0.0.1:0"},
        {"ROLLCALL_REGISTRYD_TOKEN_FILE=" + file("registry.tokens"),
         "ROLLCALL_REGISTRYD_TLS_CERT=" + file("registry.pem"),
         "ROLLCALL_REGISTRYD_TLS_KEY=" + file("registry.key"),
         "ROLLCALL_REGISTRYD_TLS_CA=" + file("ca.pem")}};
    const std::string url = last_word(registry.wait_line("listening on https://"));
    EXPECT_THAT(
        rollcall(url, {"services"}, access("reader.token")).errors,
        HasSubstr("asks for a client certificate")
    );
}

}  // namespace
}  // namespace rollcall::tests
