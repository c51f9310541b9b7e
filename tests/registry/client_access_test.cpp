// Registrars, sources and operators at a registry with tokens and a private CA.
#include <rollcall/registry/admin.h>
#include <rollcall/registry/connect.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/registry/registry_server.h>

#include "registry/security_fixture.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace rollcall::registry::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;
using rollcall::tests::KeptLog;
using ::testing::HasSubstr;
using ::testing::Not;

class ClientAccess : public SecureRegistry {
protected:
    // Both protocols, at the same registry.
    [[nodiscard]] static std::vector<std::string> urls_of(const RegistryServer& server) {
        return {server.url(), "header+" + server.url()};
    }

    [[nodiscard]] RegistrarOptions about(const std::string& token) const {
        RegistrarOptions options;
        options.service = "calculator";
        options.server = Endpoint{"127.0.0.1", 9000};
        options.access = with(token);
        options.log = heard.log();
        return options;
    }

    KeptLog heard;
};

TEST_F(ClientAccess, BothProtocolsWorkWithTokensOverTls) {
    RegistryServer server{encrypted()};
    server.start();
    for (const std::string& url : urls_of(server)) {
        Registrar registrar{url, about(kWriter)};
        const auto registered = registrar.wait_registered(Deadline::in(10s));
        ASSERT_TRUE(registered.has_value()) << registered.error().message();
        const auto connection = connect(url, with(kReader)).value();
        const auto list = connection.source->read({"calculator"}, Deadline::in(10s));
        ASSERT_TRUE(list.has_value()) << list.error().message();
        EXPECT_EQ(list->front().instances.size(), 1U);
        registrar.stop();
        EXPECT_TRUE(
            connection.source->read({"calculator"}, Deadline::in(10s))->front().instances.empty()
        );
    }
}

TEST_F(ClientAccess, RefusedRegistrarSaysSoOnceAndKeepsTrying) {
    RegistryServer server{encrypted()};
    server.start();
    for (const auto& [token, sentence] :
         {std::pair{"nobody-knows", "does not know the token that was sent"},
          std::pair{"look-only-1", "this token may only read; use a write token"}}) {
        KeptLog lines;
        RegistrarOptions options = about(token);
        options.log = lines.log();
        Registrar registrar{server.url(), options};
        const auto refused = registrar.wait_registered(Deadline::in(1s));
        ASSERT_FALSE(refused.has_value());
        EXPECT_THAT(refused.error().message(), HasSubstr(sentence));
        EXPECT_THAT(refused.error().message(), Not(HasSubstr(token)));
        EXPECT_EQ(registrar.state(), RegistrarState::retrying);
        EXPECT_EQ(lines.count("", LogLevel::info), 1U);
        EXPECT_EQ(lines.count(sentence, LogLevel::warning), 1U);
        EXPECT_EQ(lines.count(token), 0U);
    }
    // As soon as the registry knows the token it is in.
    Registrar registrar{server.url(), about("nobody-knows")};
    EXPECT_TRUE(eventually([&] { return registrar.state() == RegistrarState::retrying; }));
    write_tokens("write nobody-knows\n");
    server.reload();
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(10s)).has_value());
    write_tokens("write another-one\n");
    server.reload();
    EXPECT_TRUE(eventually([&] { return registrar.state() == RegistrarState::retrying; }));
    EXPECT_EQ(heard.count("is not registered, retrying", LogLevel::warning), 2U);
}

TEST_F(ClientAccess, OperatorsNeedAWriteToken) {
    RegistryServer server{encrypted()};
    server.start();
    Registrar registrar{server.url(), about(kWriter)};
    ASSERT_TRUE(registrar.wait_registered(Deadline::in(10s)).has_value());
    RegistryAdmin reader{server.url(), with(kReader)};
    EXPECT_EQ(reader.services(Deadline::in(10s))->size(), 1U);
    const auto refused =
        reader.set_override("calculator", "127.0.0.1:9000", Status::draining, Deadline::in(10s));
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message(), HasSubstr("answered 403: this token may only read"));
    RegistryAdmin writer{server.url(), with(kWriter)};
    EXPECT_TRUE(writer.remove("calculator", "127.0.0.1:9000", Deadline::in(10s)).has_value());
    RegistryAdmin nobody{server.url(), with("")};
    EXPECT_THAT(
        nobody.status(Deadline::in(10s)).error().message(), HasSubstr("asks for a token; send")
    );
}

TEST_F(ClientAccess, StrangeRegistriesAreNotBelieved) {
    RegistryServer server{encrypted()};
    server.start();
    RegistryAdmin admin{server.url(), {kReader, {}}};
    EXPECT_THAT(
        admin.status(Deadline::in(10s)).error().message(), HasSubstr("is not by an authority")
    );
    RegistryAdmin plain{"http://" + server.endpoint().to_string(), with(kReader)};
    EXPECT_THAT(
        plain.status(Deadline::in(10s)).error().message(), HasSubstr("must start with https://")
    );
}

TEST_F(ClientAccess, WhatCanNeverWorkThrowsAtOnce) {
    RegistrarOptions options = about("two words");
    EXPECT_THROW((Registrar{"http://127.0.0.1:1", options}), std::invalid_argument);
    options = about("");
    options.access.tls.ca_file = "/nowhere";
    EXPECT_THROW((Registrar{"https://127.0.0.1:1", options}), std::invalid_argument);
    EXPECT_THROW((RegistryAdmin{"https://127.0.0.1:1", options.access}), std::invalid_argument);
    const auto wrong = connect("header+https://127.0.0.1:1", options.access);
    ASSERT_FALSE(wrong.has_value());
    EXPECT_THAT(wrong.error().message(), HasSubstr("ca_file '/nowhere': cannot be read"));
    // Where nothing is encrypted the files do not matter.
    EXPECT_TRUE(connect("http://127.0.0.1:1", options.access).has_value());
}

}  // namespace
}  // namespace rollcall::registry::tests
