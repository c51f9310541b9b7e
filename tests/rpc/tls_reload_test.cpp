// Certificates that are renewed while calls go on.

#include <rollcall/tls/fresh_context.h>

#include "tls_fixture.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class TlsReload : public TlsFixture {
protected:
    TlsReload() { install(identity); }

    // Replaces them one after the other, as people do.
    void install(const IdentityFiles& files) const {
        const auto over = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(files.certificate, certificate, over);
        std::filesystem::copy_file(files.key, key, over);
    }

    // Looks at its files only every so often.
    [[nodiscard]] ServerOptions looking(Duration interval) const {
        ServerOptions options = serving({certificate, key});
        options.tls_look_interval = interval;
        return options;
    }

    // Of the certificate that new connections are shown, by whether this one's CA has signed it.
    [[nodiscard]] bool is_by(const Authority& which, const Endpoint& server) const {
        ClientOptions options = believing();
        options.tls->ca_file = which.file();
        return call_add(server, options).has_value();
    }

    Authority renewed;
    std::string certificate = authority.folder() + "/server.pem";
    std::string key = authority.folder() + "/server.key";
};

TEST_F(TlsReload, IsForTheConnectionsToCome) {
    TestServer tested{looking(1h)};
    Client before{tested.endpoint(), believing()};
    EXPECT_EQ(before.call(invoke<int>("add", 1, 2)).value(), 3);
    install(renewed.issue());
    EXPECT_TRUE(is_by(authority, tested.endpoint()));
    EXPECT_TRUE(tested.server.reload_tls().has_value());
    EXPECT_TRUE(is_by(renewed, tested.endpoint()));
    EXPECT_FALSE(is_by(authority, tested.endpoint()));
    EXPECT_EQ(before.call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_EQ(before.counters().connects, 1U);
}

TEST_F(TlsReload, WhatCannotBeUsedIsNamedAndTheFormerStays) {
    TestServer tested{looking(1h)};
    std::ofstream{certificate} << "not a certificate";
    const auto failed = tested.server.reload_tls();
    ASSERT_FALSE(failed);
    EXPECT_THAT(
        failed.error().message(), HasSubstr("certificate_file '" + certificate + "': no PEM")
    );
    EXPECT_TRUE(is_by(authority, tested.endpoint()));
    std::filesystem::copy_file(
        renewed.issue().certificate, certificate, std::filesystem::copy_options::overwrite_existing
    );
    EXPECT_THAT(
        tested.server.reload_tls().error().message(), HasSubstr("no PEM key of that certificate")
    );
    EXPECT_TRUE(is_by(authority, tested.endpoint()));
}

TEST_F(TlsReload, OfAPlainServerIsNothing) {
    TestServer plain;
    EXPECT_TRUE(plain.server.reload_tls().has_value());
    Server before{serving()};
    EXPECT_TRUE(before.reload_tls().has_value());
}

TEST_F(TlsReload, HappensByItselfOnceThePairFits) {
    TestServer tested{looking(20ms)};
    const IdentityFiles next = renewed.issue();
    const auto over = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(next.certificate, certificate, over);
    // The key that belongs to it is not there yet: said once, and tried again.
    EXPECT_TRUE(eventually([&] {
        return tested.log.count(LogLevel::warning, "the former certificate is used on") == 1;
    })) << tested.log.text();
    EXPECT_TRUE(is_by(authority, tested.endpoint()));
    std::filesystem::copy_file(next.key, key, over);
    EXPECT_TRUE(eventually([&] { return is_by(renewed, tested.endpoint()); }));
    EXPECT_EQ(tested.log.count(LogLevel::info, "has read its certificate anew"), 1U)
        << tested.log.text();
    EXPECT_EQ(tested.log.count(LogLevel::warning, "the former certificate is used on"), 1U);
    // So it goes on when they vanish.
    std::filesystem::remove(key);
    EXPECT_TRUE(eventually([&] {
        return tested.log.count(LogLevel::warning, "cannot be read") == 1;
    }));
    EXPECT_TRUE(is_by(renewed, tested.endpoint()));
}

TEST_F(TlsReload, UnderLoadFailsNoCall) {
    ServerOptions options = looking(5ms);
    options.io_threads = 2;
    TestServer tested{options};
    Bystander kept{tested.endpoint(), believing()};
    std::atomic<bool> over{false};
    std::atomic<int> made{0};
    std::atomic<int> failed{0};
    // Each call of these on a connection of its own.
    std::vector<std::thread> callers;
    for (int i = 0; i < 2; ++i) {
        callers.emplace_back([&] {
            while (!over) {
                const auto sum = call_add(tested.endpoint(), believing());
                made.fetch_add(1);
                if (sum) continue;
                failed.fetch_add(1);
                ADD_FAILURE() << sum.error().to_string();
            }
        });
    }
    for (int round = 0; round < 10; ++round) {
        install(authority.issue());
        const int before = made;
        EXPECT_TRUE(eventually(
            [&] {
                return tested.log.count(LogLevel::info, "has read its certificate anew") >=
                           static_cast<std::size_t>(round) &&
                       made >= before + 4;
            },
            60s
        ));
    }
    over = true;
    for (auto& caller : callers)
        caller.join();
    EXPECT_EQ(failed.load(), 0);
    EXPECT_EQ(kept.undisturbed(), "");
    EXPECT_EQ(tested.server.stats().failed_handshakes, 0U);
}

TEST_F(TlsReload, ClientsReadTheirFilesAnewForNewConnections) {
    const std::string ca = authority.folder() + "/believed.pem";
    const auto believe = [&](const Authority& which) {
        std::filesystem::copy_file(
            which.file(), ca, std::filesystem::copy_options::overwrite_existing
        );
    };
    believe(renewed);
    TestServer tested{looking(1h)};
    ClientOptions options = believing();
    options.tls->ca_file = ca;
    Client client{tested.endpoint(), options};
    const auto add = [&] { return client.call(invoke<int>("add", 1, 2).within(20s)); };
    EXPECT_THAT(error_of(add()), HasSubstr("is not by an authority in " + ca));
    believe(authority);
    EXPECT_EQ(add().value(), 3);
    // A file that is broken later does not break the client.
    std::ofstream{ca} << "nothing";
    Client second{tested.endpoint(), options};
    EXPECT_EQ(second.call(invoke<int>("add", 1, 2)).value(), 3);
}

TEST(FreshContext, LooksAtNamesTimesAndSizes) {
    Authority authority;
    const IdentityFiles first = authority.issue();
    int made = 0;
    tls::FreshContext context{{first.certificate, ""}, [&]() -> Result<tls::Context> {
                                  ++made;
                                  return tls::server_context({first.certificate, first.key, ""});
                              }};
    EXPECT_EQ(context.get(), nullptr);
    EXPECT_TRUE(context.refresh().value());
    EXPECT_FALSE(context.refresh().value());
    EXPECT_EQ(made, 1);
    const auto before = context.get();
    std::filesystem::last_write_time(
        first.certificate, std::filesystem::file_time_type::clock::now() + 1h
    );
    EXPECT_TRUE(context.refresh().value());
    EXPECT_NE(context.get(), before);
    EXPECT_TRUE(context.reload());
    EXPECT_EQ(made, 3);
}

}  // namespace
}  // namespace rollcall::rpc::tests
