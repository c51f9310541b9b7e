// Who has called, as handlers learn it.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "support/temporary_directory.h"
#include "tls_fixture.h"

#include <gtest/gtest.h>

#include <string>
#include <unistd.h>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::TemporaryDirectory;

std::string address_of(const Context& context) {
    return context.identity().address();
}

void add_methods(Server& server) {
    server.handle("inline", [](Context& context) { return address_of(context); });
    server.handle(
        "pool", [](Context& context) { return address_of(context); }, {.run = RunOn::pool}
    );
    server.handle("later", [](Context& context) -> asio::awaitable<std::string> {
        co_return address_of(context);
    });
}

TEST(Identity, IsTheAddressWhereverTheHandlerRuns) {
    Server server;
    add_methods(server);
    server.handle("name", [](Context& context) { return context.peer().name(); });
    server.handle("same", [](Context& context) {
        return &context.identity() == &context.identity();
    });
    server.start();
    Client client{server.endpoint()};
    const std::string name = client.call(invoke<std::string>("name")).value();
    EXPECT_TRUE(name.starts_with("127.0.0.1:"));
    for (const char* const method : {"inline", "pool", "later"})
        EXPECT_EQ(client.call(invoke<std::string>(method)).value(), name) << method;
    EXPECT_TRUE(client.call(invoke<bool>("same")).value()) << "found out once";
}

TEST(Identity, OfAUnixSocketIsAProcess) {
    const TemporaryDirectory folder;
    ServerOptions options;
    options.listen = "unix:" + folder.path() + "/s";
    Server server{options};
    server.handle("pid", [](Context& context) {
        const auto& process = context.identity().process();
        return process ? static_cast<std::int64_t>(process->pid) : 0;
    });
    server.start();
    Client client{server.endpoint()};
    EXPECT_EQ(client.call(invoke<std::int64_t>("pid")).value(), ::getpid());
}

class IdentityOverTls : public TlsFixture {};

TEST_F(IdentityOverTls, IsTheCertificate) {
    Server server{serving_known()};
    server.handle("subject", [](Context& context) {
        const auto& certificate = context.identity().certificate();
        return certificate ? certificate->subject : std::string{"none"};
    });
    server.start();
    Client client{server.endpoint(), believing(authority.issue())};
    const auto subject = client.call(invoke<std::string>("subject").within(20s));
    ASSERT_TRUE(subject) << subject.error().to_string();
    EXPECT_NE(*subject, "none");
    EXPECT_FALSE(subject->empty());
}

}  // namespace
}  // namespace rollcall::rpc::tests
