// Servers that are away, silent, slow or wrong: one error, in time, that says what happened.
#include <rollcall/base/thread.h>
#include <rollcall/http/client.h>

#include "http/scripted_server.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <array>
#include <future>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using tests::RawPeer;
using tests::ScriptedServer;

// Longer than any deadline of these tests by far: a request that takes this long has hung.
constexpr auto kHung = 8s;

Client client_of(const std::string& url, ClientOptions options = {}) {
    return Client{Url::parse(url).value(), std::move(options)};
}

Error failure_of(Client& client, Duration within, std::stop_token stop = {}) {
    const auto begun = SteadyClock::now();
    auto answer = client.request("GET", "/x", {}, "", Deadline::in(within), std::move(stop));
    EXPECT_LT(SteadyClock::now() - begun, kHung);
    if (answer) return Error{Errc::unknown, "the request did not fail"};
    return answer.error();
}

ScriptedServer::Serve silent() {
    return [](RawPeer& peer, int) { (void)peer.receive_all(20s); };
}

TEST(ClientFailure, RefusedConnectionSaysWhereAndWhy) {
    std::string url;
    {
        const tests::RawListener gone;
        url = "http://" + gone.endpoint().to_string();
    }
    Client client = client_of(url);
    const Error error = failure_of(client, 5s);
    EXPECT_EQ(error.code(), Errc::connect_failed);
    EXPECT_THAT(error.message(), HasSubstr("GET " + url + "/x: "));
    EXPECT_THAT(error.message(), HasSubstr("Connection refused"));
}

TEST(ClientFailure, ServerThatNeverAnswersEndsAtTheDeadline) {
    ScriptedServer server{silent()};
    Client client = client_of(server.url());
    const Error error = failure_of(client, 200ms);
    EXPECT_EQ(error.code(), Errc::timed_out);
    EXPECT_THAT(error.message(), HasSubstr("no answer came; timed out after 2"));
}

// Each byte comes in time for a time-out per receive; only the whole takes too long.
TEST(ClientFailure, DrippingServerEndsAtTheDeadline) {
    for (const std::string head : {"", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"}) {
        ScriptedServer server{[&head](RawPeer& peer, int) {
            (void)tests::read_http_request(peer);
            bool there = peer.send(head);
            while (there && !peer.at_end()) {
                there = peer.send("H");
                (void)peer.receive(1, 20ms);
            }
        }};
        Client client = client_of(server.url());
        const Error error = failure_of(client, 300ms);
        EXPECT_EQ(error.code(), Errc::timed_out);
        EXPECT_THAT(error.message(), HasSubstr("the answer was not complete"));
    }
}

TEST(ClientFailure, UploadThatIsNotReadEndsAtTheDeadline) {
    std::promise<void> done;
    ScriptedServer server{[ended = done.get_future().share()](RawPeer&, int) { ended.wait(); }};
    Client client = client_of(server.url());
    const auto answer =
        client.request("PUT", "/x", {}, std::string(64 * 1024 * 1024, 'x'), Deadline::in(300ms));
    done.set_value();
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), Errc::timed_out);
}

TEST(ClientFailure, ConnectionsAreUsedAgainAfterATimeOut) {
    ScriptedServer server{[](RawPeer& peer, int connection) {
        if (connection == 0) {
            (void)peer.receive_all(20s);
        } else {
            tests::answering([](const std::string&) { return tests::ok_response("late"); }
            )(peer, connection);
        }
    }};
    Client client = client_of(server.url());
    EXPECT_EQ(failure_of(client, 100ms).code(), Errc::timed_out);
    EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().body(), "late");
}

TEST(ClientFailure, ClosedConnectionSaysHowFarItCame) {
    ScriptedServer silent_close{[](RawPeer& peer, int) { (void)tests::read_http_request(peer); }};
    Client first = client_of(silent_close.url());
    const Error without = failure_of(first, 5s);
    EXPECT_EQ(without.code(), Errc::connection_lost);
    EXPECT_THAT(without.message(), HasSubstr("without an answer"));

    ScriptedServer half{[](RawPeer& peer, int) {
        (void)tests::read_http_request(peer);
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    }};
    Client second = client_of(half.url());
    const Error within = failure_of(second, 5s);
    EXPECT_EQ(within.code(), Errc::connection_lost);
    EXPECT_THAT(within.message(), HasSubstr("within its answer"));
}

TEST(ClientFailure, OtherProtocolsAreSaidToBeNoHttp) {
    ScriptedServer server{[](RawPeer& peer, int) {
        (void)tests::read_http_request(peer);
        peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    }};
    Client client = client_of(server.url());
    const Error error = failure_of(client, 5s);
    EXPECT_EQ(error.code(), Errc::protocol_error);
    EXPECT_THAT(error.message(), HasSubstr("not HTTP/1.1"));
}

TEST(ClientFailure, StopTokenEndsThatRequestOnly) {
    ScriptedServer server{[](RawPeer& peer, int connection) {
        if (connection == 0) {
            (void)peer.receive_all(20s);
        } else {
            tests::answering([](const std::string&) { return tests::ok_response("a"); }
            )(peer, connection);
        }
    }};
    Client client = client_of(server.url());
    std::stop_source stop;
    auto failed = std::async(std::launch::async, [&] {
        return failure_of(client, 60s, stop.get_token()).code();
    });
    EXPECT_TRUE(tests::eventually([&] { return server.connections() == 1; }));
    stop.request_stop();
    EXPECT_EQ(failed.get(), Errc::cancelled);
    EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().body(), "a");
    EXPECT_EQ(failure_of(client, 5s, stop.get_token()).code(), Errc::cancelled);
}

TEST(ClientFailure, CancelEndsEveryRequestAndStays) {
    ScriptedServer server{silent()};
    Client client = client_of(server.url());
    const auto fail = [&client] { return failure_of(client, 60s).code(); };
    auto first = std::async(std::launch::async, fail);
    auto second = std::async(std::launch::async, fail);
    EXPECT_TRUE(tests::eventually([&] { return server.connections() == 1; }));
    client.cancel();
    EXPECT_EQ(first.get(), Errc::cancelled);
    EXPECT_EQ(second.get(), Errc::cancelled);
    EXPECT_EQ(failure_of(client, 60s).code(), Errc::cancelled);
}

TEST(ClientFailure, WaitingForATurnCountsAgainstTheDeadline) {
    ScriptedServer server{silent()};
    Client client = client_of(server.url());
    auto first = std::async(std::launch::async, [&] { return failure_of(client, 60s).code(); });
    EXPECT_TRUE(tests::eventually([&] { return server.connections() == 1; }));
    const Error error = failure_of(client, 50ms);
    EXPECT_EQ(error.code(), Errc::timed_out);
    EXPECT_THAT(error.message(), HasSubstr("earlier request"));
    client.cancel();
    EXPECT_EQ(first.get(), Errc::cancelled);
}

TEST(ClientFailure, HungResolverEndsAtTheDeadlineAndKeepsOneThread) {
    std::promise<void> hang;
    std::shared_future<void> hanging = hang.get_future().share();
    auto lookups = std::make_shared<std::atomic<int>>(0);
    auto answered = std::make_shared<std::atomic<bool>>(false);
    ClientOptions options;
    options.lookup = [=](const std::string&) {
        ++*lookups;
        hanging.wait();
        *answered = true;
        return std::vector<std::string>{"127.0.0.1"};
    };
    {
        Client client = client_of("http://some.name:1", options);
        for (int i = 0; i < 3; ++i) {
            const Error error = failure_of(client, 50ms);
            EXPECT_EQ(error.code(), Errc::timed_out);
            EXPECT_THAT(error.message(), HasSubstr("the resolver did not answer for 'some.name'"));
        }
        EXPECT_EQ(*lookups, 1);
    }
    hang.set_value();
    EXPECT_TRUE(tests::eventually([&] { return answered->load(); }));
}

TEST(ClientFailure, NamesWithoutAnAddressSaySo) {
    ClientOptions options;
    options.lookup = [](const std::string&) { return std::vector<std::string>{}; };
    Client empty = client_of("http://some.name:1", options);
    EXPECT_EQ(failure_of(empty, 5s).code(), Errc::resolve_failed);

    options.lookup = [](const std::string&) -> Result<std::vector<std::string>> {
        throw std::runtime_error{"out of order"};
    };
    Client throwing = client_of("http://some.name:1", options);
    EXPECT_THAT(failure_of(throwing, 5s).message(), HasSubstr("out of order"));
}

// A listener whose queue is full drops SYNs: dialling it waits.
class BlackHole {
public:
    BlackHole() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        EXPECT_EQ(::bind(listener_, generic(), size), 0);
        EXPECT_EQ(::listen(listener_, 0), 0);
        EXPECT_EQ(::getsockname(listener_, generic(), &size), 0);
        for (int& filler : fillers_) {
            filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            (void)::connect(filler, generic(), size);
        }
    }

    ~BlackHole() {
        for (const int filler : fillers_)
            ::close(filler);
        ::close(listener_);
    }

    BlackHole(const BlackHole&) = delete;
    BlackHole& operator=(const BlackHole&) = delete;

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port));
    }

private:
    sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }

    int listener_ = -1;
    sockaddr_in address_{};
    std::array<int, 4> fillers_{};
};

TEST(ClientFailure, ConnectingEndsAtItsOwnTimeOutOrTheDeadline) {
    const BlackHole hole;
    ClientOptions options;
    options.connect_timeout = 100ms;
    Client client = client_of(hole.url(), options);
    const Error connect = failure_of(client, 60s);
    EXPECT_EQ(connect.code(), Errc::connect_failed);
    EXPECT_THAT(connect.message(), HasSubstr("no answer within 100 ms"));
    const Error deadline = failure_of(client, 20ms);
    EXPECT_EQ(deadline.code(), Errc::timed_out);
    EXPECT_THAT(deadline.message(), HasSubstr("while dialling 127.0.0.1"));
}

TEST(ClientFailure, CancelEndsConnecting) {
    const BlackHole hole;
    ClientOptions options;
    options.connect_timeout = 60s;
    Client client = client_of(hole.url(), options);
    auto failed = std::async(std::launch::async, [&] { return failure_of(client, 60s).code(); });
    EXPECT_EQ(failed.wait_for(50ms), std::future_status::timeout);
    client.cancel();
    EXPECT_EQ(failed.get(), Errc::cancelled);
}

}  // namespace
}  // namespace rollcall::http
