// A server that answers early and closes makes large uploads end in EPIPE: with the default
// disposition a SIGPIPE would end this program.
#include <rollcall/http/client.h>

#include "http/scripted_server.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace rollcall::http {
namespace {

using namespace std::chrono_literals;
using tests::RawPeer;
using tests::ScriptedServer;

TEST(ClientSignal, PeerThatClosesDuringALargeUploadRaisesNoSigpipe) {
    struct sigaction before {};

    struct sigaction by_default {};

    by_default.sa_handler = SIG_DFL;
    ASSERT_EQ(::sigaction(SIGPIPE, &by_default, &before), 0);
    ScriptedServer server{[](RawPeer& peer, int connection) {
        (void)peer.receive(1000);
        peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        if (connection % 2 == 0) peer.reset();
    }};
    const std::string body(8 * 1024 * 1024, 'x');
    for (int i = 0; i < 20; ++i) {
        Client client{Url::parse(server.url()).value()};
        const auto answer = client.request("PUT", "/", {}, body, Deadline::in(5s));
        EXPECT_TRUE(answer.has_value() || answer.error().code() == Errc::connection_lost);
    }
    ::sigset_t pending;
    ASSERT_EQ(::sigpending(&pending), 0);
    EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
    ::sigaction(SIGPIPE, &before, nullptr);
}

}  // namespace
}  // namespace rollcall::http
