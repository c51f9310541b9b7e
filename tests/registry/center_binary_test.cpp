// rollcall-registry as a process: its line, its flags, its end.
#include "center_curl.h"
#include "support/eventually.h"
#include "support/raw_peer.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace rollcall::registry {
namespace {

using rollcall::tests::eventually;
using rollcall::tests::RawPeer;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::curl;

// "At once", on a machine that does other things too.
constexpr Duration kPrompt = std::chrono::seconds{3};

// A child that runs the binary, its two streams read through pipes. Killed when it goes.
class Process {
public:
    explicit Process(std::vector<std::string> arguments) {
        int out[2];
        int err[2];
        if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) std::abort();
        std::vector<char*> argv{const_cast<char*>(ROLLCALL_REGISTRY_BINARY)};
        for (std::string& argument : arguments)
            argv.push_back(argument.data());
        argv.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(out[1], STDOUT_FILENO);
            ::dup2(err[1], STDERR_FILENO);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        ::close(out[1]);
        ::close(err[1]);
        out_ = out[0];
        err_ = err[0];
    }

    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    ~Process() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        ::close(out_);
        ::close(err_);
    }

    // The first line of standard output.
    std::string line() {
        std::string text;
        for (char c = 0; ready(out_) && ::read(out_, &c, 1) == 1 && c != '\n';)
            text += c;
        return text;
    }

    // All of standard error, until it is closed.
    std::string errors() {
        std::string text;
        char chunk[4096];
        for (ssize_t n = 0; ready(err_) && (n = ::read(err_, chunk, sizeof chunk)) > 0;) {
            text.append(chunk, static_cast<std::size_t>(n));
        }
        return text;
    }

    void signal(int number) const { ::kill(pid_, number); }

    // The exit status once it has ended; -1 for a death by signal or none in time.
    int wait() {
        int status = 0;
        if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) return -1;
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    static bool ready(int descriptor) {
        pollfd entry{descriptor, POLLIN, 0};
        return ::poll(&entry, 1, 10'000) > 0;
    }

    pid_t pid_ = -1;
    int out_ = -1;
    int err_ = -1;
};

std::string url_of(const std::string& line) {
    return line.substr(line.find("http://"));
}

}  // namespace

TEST(RegistryBinary, SaysWhereItListensAndEndsCleanly) {
    for (const int signal : {SIGTERM, SIGINT}) {
        Process process{{"--listen", "127.0.0.1:0"}};
        const std::string line = process.line();
        ASSERT_THAT(
            line, ::testing::MatchesRegex("rollcall-registry listening on http://127.0.0.1:[0-9]+")
        );
        EXPECT_EQ(curl(url_of(line) + "/healthz").status, 200);
        RawPeer idle{Endpoint::parse(url_of(line).substr(7)).value()};
        const TimePoint start = SteadyClock::now();
        process.signal(signal);
        EXPECT_EQ(process.wait(), 0);
        EXPECT_LT(SteadyClock::now() - start, kPrompt);
    }
}

TEST(RegistryBinary, TakesFractionsOfSecondsAndHeaderNames) {
    Process process{
        {"--listen",
         "127.0.0.1:0",
         "--ttl",
         "0.3",
         "--header-path",
         "/r",
         "--header-prefix",
         "X-G-"}};
    const std::string url = url_of(process.line());
    EXPECT_EQ(curl("-X POST -H 'X-G-Server: tcp@10.0.0.7:9' " + url + "/r").status, 200);
    const auto status = [&] { return nlohmann::json::parse(curl(url + "/v1/status").body); };
    EXPECT_EQ(status()["ttl"], 0.3);
    EXPECT_TRUE(eventually([&] { return status()["instances"] == 0; }));
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), 0);
    const std::string log = process.errors();
    EXPECT_THAT(log, HasSubstr("info default/tcp@10.0.0.7:9 registered"));
    EXPECT_THAT(log, HasSubstr("info default/tcp@10.0.0.7:9 expired"));
}

TEST(RegistryBinary, ReadsTheEnvironmentButFlagsWin) {
    ::setenv("ROLLCALL_REGISTRYD_LISTEN", "127.0.0.1:0", 1);
    ::setenv("ROLLCALL_REGISTRYD_TTL", "7", 1);
    ::setenv("ROLLCALL_REGISTRYD_LOG_JSON", "true", 1);
    Process process{{"--ttl", "9"}};
    for (const char* name : {"LISTEN", "TTL", "LOG_JSON"}) {
        ::unsetenv((std::string{"ROLLCALL_REGISTRYD_"} + name).c_str());
    }
    const std::string url = url_of(process.line());
    EXPECT_EQ(nlohmann::json::parse(curl(url + "/v1/status").body)["ttl"], 9);
    curl("-X POST -H 'X-Myrpc-Server: tcp@10.0.0.7:9' " + url + "/myRPC/registry");
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), 0);
    std::istringstream lines{process.errors()};
    bool registered = false;
    for (std::string line; std::getline(lines, line);) {
        const auto entry = nlohmann::json::parse(line);
        EXPECT_TRUE(entry.contains("time") && entry.contains("level"));
        registered |= entry["message"].get<std::string>().find("registered") != std::string::npos;
    }
    EXPECT_TRUE(registered);
}

TEST(RegistryBinary, SaysThatThePortIsTaken) {
    Process first{{"--listen", "127.0.0.1:0"}};
    const std::string address = url_of(first.line()).substr(7);
    Process second{{"--listen", address, "--log-level", "error"}};
    EXPECT_EQ(second.wait(), 1);
    EXPECT_EQ(
        second.errors(),
        "rollcall-registry: cannot listen on " + address +
            ", another process has that port: Address already in use\n"
    );
}

TEST(RegistryBinary, RefusesWhatItDoesNotKnow) {
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"--bogus"}, "--bogus"},
        {{"--dta", "/tmp"}, "--dta"},
        {{"extra"}, "extra"},
        {{"--listen", "nowhere"}, "there is no port"},
        {{"--ttl", "soon"}, "--ttl"},
        {{"--ttl", "0"}, "ttl must be at least 0.05 seconds"},
        {{"--ttl", "1e300"}, "--ttl"},
        {{"--warmup", "-1"}, "--warmup"},
        {{"--header-path", "x"}, "header path"},
        {{"--header-prefix", "X Y"}, "header prefix"},
        {{"--log-level", "loud"}, "--log-level"},
    };
    for (const auto& [arguments, message] : cases) {
        Process process{arguments};
        EXPECT_EQ(process.wait(), 2) << arguments.front();
        EXPECT_THAT(process.errors(), HasSubstr(message));
    }
}

TEST(RegistryBinary, KnowsItsVersionAndOptions) {
    Process version{{"--version"}};
    EXPECT_THAT(version.line(), StartsWith("rollcall-registry "));
    EXPECT_EQ(version.wait(), 0);
    Process help{{"--help"}};
    EXPECT_THAT(help.line(), StartsWith("rollcall-registry keeps the list"));
    EXPECT_EQ(help.wait(), 0);
}

}  // namespace rollcall::registry
