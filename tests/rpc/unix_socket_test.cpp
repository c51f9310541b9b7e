// Servers and clients on Unix domain sockets: whose name it is, who may connect, what is left
// behind.

#include "server_harness.h"
#include "support/temporary_directory.h"

#include <asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TemporaryDirectory;
using ::testing::HasSubstr;

// A listening socket without a server behind it; closing it leaves its file, like a kill -9.
class BareListener {
public:
    BareListener(const std::string& path, int backlog)
        : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(descriptor_, backlog) != 0)
            throw std::system_error{errno, std::generic_category(), path};
    }

    ~BareListener() { ::close(descriptor_); }

    BareListener(const BareListener&) = delete;
    BareListener& operator=(const BareListener&) = delete;

private:
    int descriptor_;
};

class UnixSocket : public ::testing::Test {
protected:
    [[nodiscard]] ServerOptions listening() const {
        ServerOptions options;
        options.listen = "unix:" + path;
        return options;
    }

    // What a server that cannot start says.
    [[nodiscard]] static std::string refusal(const ServerOptions& options) {
        try {
            TestServer tested{options};
            return "it started";
        } catch (const std::system_error& error) {
            return error.what();
        }
    }

    [[nodiscard]] static int call_add(const Endpoint& endpoint) {
        Client client{endpoint};
        return client.call(invoke<int>("add", 1, 2)).value();
    }

    [[nodiscard]] unsigned mode() const {
        struct stat found {};

        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777U : 0U;
    }

    TemporaryDirectory folder;
    std::string path = folder.path() + "/x.sock";
};

TEST_F(UnixSocket, CarriesCalls) {
    TestServer tested{listening()};
    EXPECT_EQ(tested.endpoint().to_string(), "unix:" + path);
    Bystander bystander{tested.endpoint()};
    EXPECT_EQ(call_add(tested.endpoint()), 3);
    Client client{"unix:" + path};
    const std::string text(5'000'000, 'x');
    EXPECT_EQ(client.call(invoke<std::string>("echo", text)).value(), text);
    EXPECT_EQ(client.call(invoke<int>("on_pool")).value(), 7);
    EXPECT_EQ(bystander.undisturbed(), "");
}

TEST_F(UnixSocket, CarriesCallsByAnAbstractName) {
    ServerOptions options;
    options.listen = "unix:@rollcall-test-" + std::to_string(::getpid());
    TestServer tested{options};
    EXPECT_EQ(tested.endpoint().to_string(), options.listen);
    EXPECT_EQ(call_add(tested.endpoint()), 3);
    EXPECT_THAT(refusal(options), HasSubstr("process " + std::to_string(::getpid())));
    tested.server.stop();
    TestServer next{options};
    EXPECT_EQ(call_add(next.endpoint()), 3);
}

TEST_F(UnixSocket, LogsNameTheProcessAtTheOtherEnd) {
    TestServer tested{listening()};
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send("\x01"));
    EXPECT_TRUE(is_closed(peer));
    const std::string who = "of unix:" + path + " (uid " + std::to_string(::getuid()) + ", pid " +
                            std::to_string(::getpid()) + "): the first byte";
    EXPECT_EQ(tested.log.count(LogLevel::warning, who), 1U) << tested.log.text();
}

TEST_F(UnixSocket, TheFileGoesWithTheServer) {
    {
        TestServer tested{listening()};
        EXPECT_TRUE(std::filesystem::is_socket(path));
        tested.server.stop();
        EXPECT_FALSE(std::filesystem::exists(path));
    }
    const TestServer next{listening()};
    EXPECT_TRUE(std::filesystem::is_socket(path));
}

TEST_F(UnixSocket, AFileOfSomebodyElseStays) {
    TestServer tested{listening()};
    std::filesystem::remove(path);
    std::ofstream{path} << "not a socket";
    tested.server.stop();
    EXPECT_TRUE(std::filesystem::exists(path));
    EXPECT_THAT(refusal(listening()), HasSubstr("the file is no socket"));
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(UnixSocket, ALiveOneIsAnErrorThatNamesItsHolder) {
    TestServer tested{listening()};
    const std::string why = refusal(listening());
    EXPECT_THAT(why, HasSubstr("cannot listen on unix:" + path + " (held by '"));
    EXPECT_THAT(why, HasSubstr("process " + std::to_string(::getpid())));
    EXPECT_EQ(call_add(tested.endpoint()), 3);
}

// One that is too busy to accept is alive as well.
TEST_F(UnixSocket, ABusyOneIsAlive) {
    const BareListener busy{path, 0};
    std::vector<Client> clients;
    clients.reserve(4);
    std::string why;
    for (int i = 0; i < 4 && why.empty(); ++i) {
        clients.emplace_back("unix:" + path);
        // The first are connected, and not answered.
        const auto ready = clients.back().wait_ready(Deadline::in(2s));
        if (!ready) why = ready.error().message();
    }
    EXPECT_THAT(why, HasSubstr("too many connections wait there to be accepted"));
    EXPECT_THAT(refusal(listening()), HasSubstr("cannot listen on unix:" + path));
    EXPECT_TRUE(std::filesystem::is_socket(path));
}

TEST_F(UnixSocket, WhatTheDeadHaveLeftIsReplaced) {
    { const BareListener killed{path, 1}; }
    ASSERT_TRUE(std::filesystem::is_socket(path));
    Client client{"unix:" + path};
    const auto refused = client.call(invoke<int>("add", 1, 2));
    EXPECT_THAT(refused.error().message(), HasSubstr("unix:" + path + ": Connection refused"));
    const TestServer tested{listening()};
    EXPECT_EQ(call_add(tested.endpoint()), 3);
}

TEST_F(UnixSocket, OfManyThatFindADeadOneOneGetsIt) {
    for (int round = 0; round < 10; ++round) {
        { const BareListener killed{path, 1}; }
        std::atomic<int> started{0};
        std::vector<std::unique_ptr<TestServer>> servers(6);
        std::vector<std::thread> threads;
        threads.reserve(servers.size());
        for (auto& server : servers) {
            threads.emplace_back([&] {
                try {
                    server = std::make_unique<TestServer>(listening());
                    started.fetch_add(1);
                } catch (const std::system_error& error) {
                    EXPECT_EQ(error.code(), std::errc::address_in_use) << error.what();
                }
            });
        }
        for (auto& thread : threads)
            thread.join();
        EXPECT_EQ(started.load(), 1);
        EXPECT_EQ(call_add(Endpoint::parse("unix:" + path).value()), 3);
        servers.clear();
        EXPECT_FALSE(std::filesystem::exists(path));
    }
}

TEST_F(UnixSocket, TheOwnerAloneMayConnectUnlessTheModeSaysMore) {
    {
        const TestServer tested{listening()};
        EXPECT_EQ(mode(), 0600U);
    }
    ServerOptions options = listening();
    options.unix_mode = 0666;
    const TestServer tested{options};
    EXPECT_EQ(mode(), 0666U);
    for (const unsigned wrong : {0U, 0400U, 01600U}) {
        options.unix_mode = wrong;
        EXPECT_THROW(Server{options}, std::invalid_argument) << wrong;
    }
}

TEST_F(UnixSocket, ClientsSayThatNobodyIsThereAndComeBack) {
    Client client{"unix:" + path};
    const auto missing = client.call(invoke<int>("add", 1, 2));
    EXPECT_EQ(missing.error().code(), Errc::connect_failed);
    EXPECT_EQ(missing.error().sent(), Sent::not_sent);
    EXPECT_THAT(missing.error().message(), HasSubstr("unix:" + path + ": No such file"));
    for (int i = 0; i < 2; ++i) {
        TestServer tested{listening()};
        EXPECT_TRUE(eventually([&] { return client.call(invoke<int>("add", 1, 2)).has_value(); }));
    }
    EXPECT_THROW(Client{"unix:relative.sock"}, std::invalid_argument);
    EXPECT_THROW(Client{"unix:/" + std::string(107, 'x')}, std::invalid_argument);
}

TEST_F(UnixSocket, AFolderThatDoesNotExistIsNamed) {
    ServerOptions options;
    options.listen = "unix:" + folder.path() + "/none/x.sock";
    const std::string why = refusal(options);
    EXPECT_THAT(why, HasSubstr("cannot listen on " + options.listen));
    EXPECT_THAT(why, HasSubstr("No such file or directory"));
}

TEST_F(UnixSocket, AStopAnswersWhatWasAsked) {
    TestServer tested{listening()};
    Client client{tested.endpoint()};
    auto held = client.async_call(invoke<std::size_t>("hold", "four"), asio::use_future);
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 1; }));
    std::thread stopper{[&] { tested.server.stop(10s); }};
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(path); }));
    tested.gate.open();
    EXPECT_EQ(held.get().value(), 4U);
    stopper.join();
}

}  // namespace
}  // namespace rollcall::rpc::tests
