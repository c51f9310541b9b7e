// Tokens and certificates of a registry that serves: every face, and reading the files again.
#include <rollcall/http/client.h>
#include <rollcall/registry/registry_server.h>

#include "registry/security_fixture.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace rollcall::registry::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CenterAccess : public SecureRegistry {
protected:
    struct Asked {
        const char* method;
        const char* path;
        http::HeaderList headers = {};
        const char* body = "";
    };

    // The status of the answer; 0 and a failure if there is none.
    [[nodiscard]] int status(
        const RegistryServer& server, const std::string& token, const Asked& asked
    ) const {
        http::ClientOptions options;
        options.bearer_token = token;
        options.tls.ca_file = authority.file();
        http::Client client{http::Url::parse(server.url()).value(), options};
        const auto answer =
            client.request(asked.method, asked.path, asked.headers, asked.body, Deadline::in(10s));
        EXPECT_TRUE(answer.has_value()) << answer.error().message();
        if (answer && answer->status() == 401) {
            EXPECT_EQ(answer->header("WWW-Authenticate"), "Bearer");
        }
        return answer ? answer->status() : 0;
    }
};

TEST_F(CenterAccess, EveryFaceAsksForTheToken) {
    RegistryServer server{guarded()};
    server.start();
    const char* const instance = R"({"address":"127.0.0.1","port":9})";
    const http::HeaderList named{{"X-Myrpc-Server", "tcp@127.0.0.1:9"}};
    const http::HeaderList json{{"Content-Type", "application/json"}};
    const char* const eureka = R"({"instance":{"hostName":"h1","app":"A","ipAddr":"127.0.0.1",
        "status":"UP","port":{"$":9,"@enabled":"true"},
        "dataCenterInfo":{"@class":"x","name":"MyOwn"}}})";
    const Asked writes[] = {
        {"PUT", "/v1/services/a/instances/b", {}, instance},
        {"POST", "/v1/heartbeat", {}, R"({"instances":[]})"},
        {"PATCH", "/v1/services/a/instances/b", {}, R"({"override":"draining"})"},
        {"POST", "/myRPC/registry", named},
        {"DELETE", "/myRPC/registry", named},
        {"DELETE", "/v1/services/a/instances/b"},
        {"POST", "/eureka/apps/A", json, eureka},
        {"PUT", "/eureka/v2/apps/A/h1"},
        {"PUT", "/eureka/apps/A/h1/status?value=OUT_OF_SERVICE"},
        {"DELETE", "/eureka/apps/A/h1"},
    };
    for (const Asked& asked : writes) {
        EXPECT_EQ(status(server, "", asked), 401) << asked.method << asked.path;
        EXPECT_EQ(status(server, "nobody-knows", asked), 401) << asked.method << asked.path;
        EXPECT_EQ(status(server, kReader, asked), 403) << asked.method << asked.path;
        EXPECT_LT(status(server, kWriter, asked), 300) << asked.method << asked.path;
    }
    const Asked reads[] = {
        {"GET", "/v1/services"},
        {"GET", "/v1/services/a"},
        {"GET", "/v1/status"},
        {"GET", "/v1/prometheus"},
        {"GET", "/metrics"},
        {"GET", "/eureka/apps"},
        {"GET", "/myRPC/registry"},
        {"HEAD", "/myRPC/registry"},
        {"POST", "/v1/watch", {}, R"({"services":{"a":""}})"},
    };
    for (const Asked& asked : reads) {
        EXPECT_EQ(status(server, "", asked), 401) << asked.method << asked.path;
        EXPECT_EQ(status(server, kReader, asked), 200) << asked.method << asked.path;
        EXPECT_EQ(status(server, kWriter, asked), 200) << asked.method << asked.path;
    }
    EXPECT_EQ(status(server, "", {"GET", "/healthz"}), 200);
    EXPECT_EQ(status(server, "", {"GET", "/"}), 200);
    // However the path is spelled.
    EXPECT_EQ(status(server, "", {"GET", "/v1/%73ervices"}), 401);
    EXPECT_EQ(status(server, "", {"PUT", "//healthz"}), 401);
    EXPECT_EQ(status(server, "", {"GET", "/v1/services?x=/healthz"}), 401);
}

TEST_F(CenterAccess, TheUrlSaysHttps) {
    RegistryServer server{encrypted()};
    server.start();
    EXPECT_THAT(server.url(), StartsWith("https://127.0.0.1:"));
    EXPECT_EQ(status(server, "", {"GET", "/v1/services"}), 401);
    EXPECT_EQ(status(server, kReader, {"GET", "/v1/services"}), 200);
}

TEST_F(CenterAccess, ReloadTakesNewTokensAndKeepsTheOldOnesIfItCannot) {
    RegistryServer server{encrypted()};
    server.start();
    write_tokens("write brand-new-1\n");
    server.reload();
    EXPECT_TRUE(eventually([&] { return status(server, kWriter, {"PUT", "/x"}) == 401; }));
    EXPECT_EQ(status(server, "brand-new-1", {"PUT", "/x"}), 404);
    EXPECT_EQ(kept.count("were read again"), 1U);

    write_tokens("write brand-new-2\nwrong line here\n");
    server.reload();
    EXPECT_EQ(kept.count("the former is kept: " + token_file() + ", line 2", LogLevel::error), 1U);
    EXPECT_EQ(status(server, "brand-new-1", {"PUT", "/x"}), 404);
    EXPECT_EQ(status(server, "brand-new-2", {"PUT", "/x"}), 401);

    write_tokens("write brand-new-3\n");
    std::ofstream{identity.certificate} << "no certificate";
    server.reload();
    EXPECT_EQ(kept.count("certificate_file '" + identity.certificate, LogLevel::error), 1U);
    EXPECT_TRUE(eventually([&] { return status(server, "brand-new-3", {"PUT", "/x"}) == 404; }));
}

TEST_F(CenterAccess, UnusableFilesAreSaidAtOnce) {
    write_tokens("nothing\n");
    EXPECT_THROW(RegistryServer{guarded()}, std::invalid_argument);
    RegistryServerOptions options = encrypted();
    options.token_file.clear();
    options.tls.key_file = "/nowhere";
    RegistryServer server{options};
    EXPECT_THROW(server.start(), std::invalid_argument);
}

}  // namespace
}  // namespace rollcall::registry::tests
