// calculator-server and rollcall over TLS, with the certificates that docs/security.md tells to
// make.

#include "cluster.h"
#include "support/temporary_directory.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rollcall::tests {
namespace {

// The commands in the first block of them below a heading.
std::string commands_below(const std::string& heading) {
    std::ostringstream text;
    text << std::ifstream{ROLLCALL_SECURITY_DOCS}.rdbuf();
    const std::string all = text.str();
    const std::size_t begin = all.find("```sh\n", all.find("\n" + heading + "\n"));
    if (begin == std::string::npos) throw std::runtime_error{"no commands below " + heading};
    return all.substr(begin + 6, all.find("```\n", begin) - begin - 6);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

class TlsPrograms : public testing::Test {
protected:
    void SetUp() override {
        const Finished made = shell(commands_below("## Certificates"));
        ASSERT_EQ(made.status.code, 0) << made.errors;
    }

    [[nodiscard]] Finished shell(const std::string& commands) const {
        const std::string here = "cd " + folder.path() + "\nPATH=" ROLLCALL_BIN ":$PATH\n";
        return run({"/bin/sh", "-eu", "-c", here + commands});
    }

    [[nodiscard]] std::string file(const std::string& name) const {
        return folder.path() + "/" + name;
    }

    [[nodiscard]] Words serving() const {
        return {"--rpc-tls-cert", file("server.pem"), "--rpc-tls-key", file("server.key")};
    }

    [[nodiscard]] Words serving_known() const {
        Words words = serving();
        words.insert(words.end(), {"--rpc-tls-client-ca", file("ca.pem")});
        return words;
    }

    [[nodiscard]] static Finished add(const std::string& target, const Words& more) {
        Words words{program("rollcall"), "call", target, "add", "1", "2"};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }

    TemporaryDirectory folder;
};

TEST_F(TlsPrograms, DoWhatTheDocumentationSays) {
    CalculatorProgram server{serving_known()};
    // All but the server, which listens elsewhere.
    std::string commands = commands_below("## From the shell");
    commands = commands.substr(commands.find("&\n") + 2);
    for (int i = 0; i < 2; ++i)
        commands = replaced(commands, "127.0.0.1:9000", server.endpoint());
    const Finished done = shell(commands);
    EXPECT_EQ(done.status, (ExitStatus{0, 0})) << done.errors;
    EXPECT_EQ(done.output.substr(0, 2), "3\n");
    EXPECT_NE(done.output.find("ALPN protocol: rollcall"), std::string::npos) << done.output;
    EXPECT_NE(done.output.find("Verify return code: 0 (ok)"), std::string::npos) << done.output;
}

TEST_F(TlsPrograms, SayWhatIsMissing) {
    CalculatorProgram server{serving_known()};
    const Finished nobody = add(server.endpoint(), {"--rpc-tls-ca", file("ca.pem")});
    EXPECT_EQ(nobody.status, (ExitStatus{1, 0}));
    EXPECT_NE(nobody.errors.find("asks for a client certificate"), std::string::npos)
        << nobody.errors;
    EXPECT_TRUE(eventually([&] {
        return server.process().errors().find("the client shows no certificate") !=
               std::string::npos;
    }));
    const Finished believer = add(server.endpoint(), {"--rpc-tls"});
    EXPECT_NE(believer.errors.find("by an authority of the system's store"), std::string::npos)
        << believer.errors;
    const Finished plain = add(server.endpoint(), {});
    EXPECT_NE(plain.errors.find("this port speaks TLS"), std::string::npos) << plain.errors;
    const CalculatorProgram open;
    const Finished wrong = add(open.endpoint(), {"--rpc-tls-ca", file("ca.pem")});
    EXPECT_NE(wrong.errors.find("if it speaks plain MessagePack-RPC"), std::string::npos)
        << wrong.errors;
    const Finished half = run({program("calculator-server"), "--rpc-tls-cert", file("server.pem")});
    EXPECT_EQ(half.status, (ExitStatus{2, 0}));
    EXPECT_NE(half.errors.find("give key_file"), std::string::npos) << half.errors;
}

TEST_F(TlsPrograms, VerifyTheNameThatIsAskedFor) {
    Words options = serving();
    const std::string target = "unix:" + file("x.sock");
    options.insert(options.end(), {"--listen", target});
    const CalculatorProgram server{options};
    const Words ca{"--rpc-tls-ca", file("ca.pem")};
    const Finished nameless = add(target, ca);
    EXPECT_EQ(nameless.status, (ExitStatus{1, 0}));
    EXPECT_NE(nameless.errors.find("tls_server_name"), std::string::npos) << nameless.errors;
    EXPECT_EQ(add(target, {ca[0], ca[1], "--rpc-tls-name", "localhost"}).output, "3\n");
    const Finished other = add(target, {ca[0], ca[1], "--rpc-tls-name", "other"});
    EXPECT_NE(other.errors.find("not for other"), std::string::npos) << other.errors;
}

TEST_F(TlsPrograms, ServersOnAListAreCalledOverTls) {
    const RegistryProgram registry;
    Words options = serving_known();
    options.insert(options.end(), {"--registry", registry.url()});
    const CalculatorProgram server{options};
    const Words known{
        "--rpc-tls-ca",
        file("ca.pem"),
        "--rpc-tls-cert",
        file("client.pem"),
        "--rpc-tls-key",
        file("client.key"),
        "--registry",
        registry.url()};
    EXPECT_TRUE(eventually([&] { return add("calculator", known).output == "3\n"; }));
}

// kill -9 of either side within the handshake or right after it: the other one goes on.
TEST_F(TlsPrograms, SurviveThatTheOtherSideIsKilled) {
    const Words ca{"--rpc-tls-ca", file("ca.pem")};
    CalculatorProgram server{serving()};
    for (int i = 0; i < 10; ++i) {
        Process client{
            {program("rollcall"),
             "bench",
             server.endpoint(),
             "add",
             "1",
             "2",
             "--rpc-tls-ca",
             file("ca.pem"),
             "--threads",
             "4"}};
        Process half{
            {"/bin/sh", "-c", "exec openssl s_client -quiet -connect " + server.endpoint()}};
        client.kill();
        half.kill();
    }
    EXPECT_EQ(add(server.endpoint(), ca).output, "3\n");
    server.process().kill();
    EXPECT_EQ(add(server.endpoint(), ca).status, (ExitStatus{1, 0}));
}

}  // namespace
}  // namespace rollcall::tests
