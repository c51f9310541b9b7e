// What a request may be, to the byte, and what ends the connection instead of being answered.
#include <rollcall/http/server.h>

#include "server_harness.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

namespace rollcall::http {
namespace {

using namespace tests;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kBody = 64 * 1024;
constexpr std::size_t kHardBody = 4 * kBody;
constexpr std::size_t kHardHead = 80 * 1024;

constexpr const char* kChunkedHead =
    "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunked(std::size_t bytes, std::size_t chunk) {
    std::string request = kChunkedHead;
    for (std::size_t left = bytes; left > 0;) {
        const std::size_t size = std::min(left, chunk);
        std::array<char, 24> line{};
        const int length = std::snprintf(line.data(), line.size(), "%zx\r\n", size);
        request.append(line.data(), static_cast<std::size_t>(length));
        request += std::string(size, 'c') + "\r\n";
        left -= size;
    }
    return request + "0\r\n\r\n";
}

}  // namespace

TEST(HttpLimits, ABodyOfFourTimesTheLimitIsAnsweredALargerOneIsNot) {
    TestServer test;
    EXPECT_THAT(test.exchange(post(kHardBody - 1)), StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(test.exchange(post(kHardBody)), StartsWith("HTTP/1.1 413 "));
    EXPECT_EQ(test.exchange(post(kHardBody + 1)), "");
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

TEST(HttpLimits, ChunkedBodiesHaveTheSame) {
    TestServer test;
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{1000}, kHardBody}) {
        EXPECT_THAT(test.exchange(chunked(kBody - 1, chunk)), HasSubstr("body=65535")) << chunk;
        EXPECT_THAT(test.exchange(chunked(kBody, chunk)), HasSubstr("body=65536")) << chunk;
        EXPECT_THAT(test.exchange(chunked(kBody + 1, chunk)), StartsWith("HTTP/1.1 413 ")) << chunk;
    }
    EXPECT_THAT(test.exchange(chunked(kHardBody - 1, kBody)), StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(test.exchange(chunked(kHardBody, kBody)), StartsWith("HTTP/1.1 413 "));
    EXPECT_EQ(test.exchange(chunked(kHardBody + 1, kBody)), "");
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

TEST(HttpLimits, AChunkedBodyWithoutAnEndEndsTheConnection) {
    TestServer test;
    RawPeer peer{test.server.endpoint()};
    peer.send(kChunkedHead);
    EXPECT_TRUE(peer.is_cut_off("1000\r\n" + std::string(4096, 'c') + "\r\n"));
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

TEST(HttpLimits, LengthsThatAreNoneEndTheConnection) {
    TestServer test;
    for (const char* length :
         {"-1", "+1", "1.0", "0x10", "", "18446744073709551615", "18446744073709551616", "1 2"}) {
        const std::string bytes =
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::string{length} + "\r\n\r\nabc";
        EXPECT_EQ(test.exchange(bytes, true), "") << length;
    }
    for (const char* size : {"-1", "zz", "", "10000000000000000", "ffffffffffffffff"}) {
        const std::string bytes = std::string{kChunkedHead} + size + "\r\nabc\r\n";
        EXPECT_EQ(test.exchange(bytes, true), "") << size;
    }
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

TEST(HttpLimits, HeadersAreCountedToo) {
    TestServer test;
    // get() sends two.
    const auto many = [](int count) {
        std::string lines;
        for (int i = 2; i < count; ++i)
            lines += "a: b\r\n";
        return lines;
    };
    EXPECT_THAT(test.get("/", many(1023)), HasSubstr("200 OK"));
    EXPECT_THAT(test.get("/", many(1024)), HasSubstr("200 OK"));
    EXPECT_EQ(test.get("/", many(1025)), "");
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

TEST(HttpLimits, AHeadOfEightyKiBIsAnsweredALargerOneIsNot) {
    TestServer test;
    const auto head = [](std::size_t bytes) {
        const std::string begin = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: ";
        return begin + std::string(bytes - begin.size() - 4, 'h') + "\r\n\r\n";
    };
    EXPECT_THAT(test.exchange(head(kHardHead - 1)), StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(test.exchange(head(kHardHead)), StartsWith("HTTP/1.1 431 "));
    EXPECT_EQ(test.exchange(head(kHardHead + 1)), "");
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

}  // namespace rollcall::http
