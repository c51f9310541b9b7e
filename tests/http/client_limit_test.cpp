// What a server may send: each limit under, at and over it.
#include <rollcall/http/client.h>

#include "http/scripted_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using tests::ScriptedServer;

Result<Client::Response> answer_to(
    const std::string& bytes, ClientOptions options = {}, Duration within = 5s
) {
    ScriptedServer server{tests::answering([&bytes](const std::string&) { return bytes; })};
    Client client{Url::parse(server.url()).value(), std::move(options)};
    return client.request("GET", "/", {}, "", Deadline::in(within));
}

// A header whose whole line, line break included, has that many bytes.
std::string header_line(std::size_t bytes) {
    const std::string name = "X-Long: ";
    return name + std::string(bytes - name.size() - 2, 'v') + "\r\n";
}

std::string with_header(const std::string& line) {
    return "HTTP/1.1 200 OK\r\n" + line + "Content-Length: 2\r\n\r\nok";
}

TEST(ClientLimit, OneHeaderHasAtMost8192Bytes) {
    for (const std::size_t bytes : {8191U, 8192U}) {
        const auto answer = answer_to(with_header(header_line(bytes)));
        ASSERT_TRUE(answer.has_value()) << answer.error().message();
        EXPECT_EQ(answer->header("X-Long")->size(), bytes - 10);
    }
    const auto over = answer_to(with_header(header_line(8193)));
    ASSERT_FALSE(over.has_value());
    EXPECT_EQ(over.error().code(), Errc::message_too_large);
    EXPECT_THAT(over.error().message(), HasSubstr("longer than 8192 bytes"));
    EXPECT_THAT(over.error().message(), HasSubstr("the same in the body"));
}

// httplib matches the status line with std::regex, which overflows the stack on a long one.
TEST(ClientLimit, StatusLineOfAMegabyteIsAnError) {
    const std::string line = "HTTP/1.1 200 " + std::string(1024 * 1024, 'O') + "\r\n\r\n";
    EXPECT_EQ(answer_to(line).error().code(), Errc::message_too_large);
    EXPECT_EQ(answer_to("HTTP/1.1 100 C\r\n\r\n" + line).error().code(), Errc::message_too_large);
}

TEST(ClientLimit, AllHeadersHaveAtMostHeaderBytesMax) {
    const std::string bytes = with_header(header_line(1000) + header_line(1000));
    const std::size_t headers = bytes.size() - 2;
    for (const std::size_t limit : {headers + 1, headers}) {
        EXPECT_TRUE(answer_to(bytes, {.header_bytes_max = limit}).has_value());
    }
    const auto over = answer_to(bytes, {.header_bytes_max = headers - 1});
    ASSERT_FALSE(over.has_value());
    EXPECT_EQ(over.error().code(), Errc::message_too_large);
    EXPECT_THAT(over.error().message(), HasSubstr("header_bytes_max"));
}

TEST(ClientLimit, BodyHasAtMostBodyBytesMax) {
    const std::string plain = tests::ok_response("12345");
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n2\r\n45\r\n0\r\n\r\n";
    for (const std::string& bytes : {plain, chunked}) {
        for (const std::size_t limit : {6U, 5U}) {
            const auto answer = answer_to(bytes, {.body_bytes_max = limit});
            ASSERT_TRUE(answer.has_value()) << answer.error().message();
            EXPECT_EQ(answer->body(), "12345");
        }
        const auto over = answer_to(bytes, {.body_bytes_max = 4});
        ASSERT_FALSE(over.has_value());
        EXPECT_EQ(over.error().code(), Errc::message_too_large);
        EXPECT_THAT(over.error().message(), HasSubstr("body_bytes_max"));
    }
}

TEST(ClientLimit, AnnouncedLengthAllocatesNothing) {
    const auto answer =
        answer_to("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx", {}, 100ms);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), Errc::timed_out);
}

}  // namespace
}  // namespace rollcall::http
