// The URLs of Eureka servers: what they may say, and what of it is sent and shown.
#include <rollcall/registry/connect.h>

#include "http/scripted_server.h"
#include "registry/eureka_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;

class EurekaUsers : public ::testing::Test {
protected:
    // What reading sends as Authorization; `user` is what stands in front of the host.
    std::string sent(
        const std::string& user, const std::string& query = "", const std::string& token = ""
    ) {
        AccessOptions access;
        access.token = token;
        const std::string url =
            "eureka+http://" + user + server.endpoint().to_string() + "/eureka" + query;
        auto connection = connect(url, access).value();
        error = connection.source->read({"shop"}, Deadline::in(5s)).error().message();
        const std::string name = "Authorization: ";
        const auto at = request.find(name);
        if (at == std::string::npos) return "";
        return request.substr(at + name.size(), request.find('\r', at) - at - name.size());
    }

    std::string request;
    std::string error;
    ScriptedServer server{rollcall::tests::answering([this](const std::string& text) {
        request = text;
        return std::string{"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"};
    })};
};

// The pairs are those of RFC 7617.
TEST_F(EurekaUsers, AreSentAsBasicCredentials) {
    EXPECT_EQ(sent("Aladdin:open%20sesame@"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(sent("test:123%C2%A3@"), "Basic dGVzdDoxMjPCow==");
    EXPECT_EQ(sent("u:a@/b@"), "Basic dTphQC9i") << "what can be understood is";
    EXPECT_EQ(sent("", "?user=u", "secret"), "Basic dTpzZWNyZXQ=");
    EXPECT_EQ(sent("", "", "secret"), "Bearer secret");
    EXPECT_EQ(sent(""), "");
}

TEST_F(EurekaUsers, AreInNoMessage) {
    static_cast<void>(sent("someone:secret@"));
    EXPECT_THAT(error, HasSubstr("answered 401"));
    EXPECT_THAT(error, HasSubstr("(give user:password@ before the host"));
    EXPECT_THAT(error, Not(HasSubstr("secret")));
    for (const char* url :
         {"eureka+http://u:secret@h:99999/",
          "eureka+http://u:secret?x@h",
          "eureka+http://u:se,secret@h,i:0",
          "eureka+http://secret@h",
          "zookeeper://u:secret@h"}) {
        const auto connection = connect(url);
        ASSERT_FALSE(connection) << url;
        EXPECT_THAT(connection.error().message(), Not(HasSubstr("secret")));
    }
    EXPECT_EQ(
        without_password("eureka+http://u:p@a:1,u:p@b:2/eureka"), "eureka+http://***@b:2/eureka"
    );
    EXPECT_EQ(without_password("http://h:1/path"), "http://h:1/path");
    EXPECT_EQ(without_password("u:p@h"), "***@h");
}

struct BadUrl {
    const char* url;
    const char* token;
    const char* why;
};

class BadEurekaUrls : public ::testing::TestWithParam<BadUrl> {};

TEST_P(BadEurekaUrls, AreRefusedWithTheReason) {
    AccessOptions access;
    access.token = GetParam().token;
    const auto connection = connect(GetParam().url, access);
    ASSERT_FALSE(connection);
    EXPECT_EQ(connection.error().code(), Errc::invalid_argument);
    EXPECT_THAT(connection.error().message(), HasSubstr(GetParam().why));
    EXPECT_THAT(connection.error().message(), HasSubstr("eureka+http://[user:password@]host:port"));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    BadEurekaUrls,
    ::testing::Values(
        BadUrl{"eureka+http://", "", "there is no host"},
        BadUrl{"eureka+ftp://h:1", "", "its scheme is not known"},
        BadUrl{"eureka+http://h:0", "", "port 0"},
        BadUrl{"eureka+http://u@h:1", "", "must be user:password@"},
        BadUrl{"eureka+http://:p@h:1", "", "must be user:password@"},
        BadUrl{"eureka+http://u:p@h:1", "t", "only one of them"},
        BadUrl{"eureka+http://u:p@h:1?user=u", "", "only one of them"},
        BadUrl{"eureka+http://h:1?user=u", "", "user needs a password"},
        BadUrl{"eureka+http://h:1?user=", "t", "user must be a name"},
        BadUrl{"eureka+http://h:1?user=a:b", "t", "user must be a name"},
        BadUrl{"eureka+http://h:1?unmarked=http", "", "unmarked can only be tcp"}
    )
);

TEST(EurekaUrls, NameServersOfEachKind) {
    for (const char* url :
         {"eureka+http://127.0.0.1:8761",
          "eureka+http://127.0.0.1:8761/eureka/",
          "eureka+http://u:p@a:1,u:p@b:2/eureka/v2?unmarked=tcp",
          "eureka+https://h/eureka"}) {
        const auto connection = connect(url);
        ASSERT_TRUE(connection) << connection.error().message();
        EXPECT_NE(connection->announcer, nullptr);
        EXPECT_NE(connection->source, nullptr);
        EXPECT_EQ(connection->source->waits_for(), 0U);
    }
}

}  // namespace
}  // namespace rollcall::registry
