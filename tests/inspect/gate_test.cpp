// Who may ask for what: decisions without a socket.

#include "gate.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rollcall::inspect {
namespace {

const Endpoint kLoopback{"127.0.0.1", 9090};

http::Request request(std::string method, std::vector<std::string> path, http::HeaderList headers) {
    http::Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.headers = std::move(headers);
    return request;
}

int status(const Gate& gate, const http::Request& asked) {
    const auto refusal = gate.refuse(asked);
    return refusal ? refusal->status : 200;
}

TEST(Gate, OthersReachItOnlyWithAToken) {
    for (const char* host : {"0.0.0.0", "::", "10.0.0.7", "example.org"}) {
        EXPECT_THROW(Gate(InspectorOptions(), Endpoint(host, 1)), std::invalid_argument) << host;
        EXPECT_NO_THROW(Gate(InspectorOptions{.token = "secret"}, Endpoint(host, 1))) << host;
    }
    for (const char* host : {"127.0.0.1", "localhost", "::1", "127.8.9.1"})
        EXPECT_NO_THROW(Gate(InspectorOptions(), Endpoint(host, 1))) << host;
}

TEST(Gate, ServesOnlyNamesOfItsOwnSoThatForeignDnsLeadsNobodyHere) {
    const Gate gate{InspectorOptions{.allowed_hosts = {"Admin.Example"}}, kLoopback};
    for (const char* host :
         {"127.0.0.1:9090", "localhost", "LOCALHOST:1", "[::1]:9090", "admin.example:80"})
        EXPECT_EQ(status(gate, request("GET", {"metrics"}, {{"Host", host}})), 200) << host;
    for (const char* host : {"evil.example", "evil.example:9090", "localhost.evil.example", ""})
        EXPECT_EQ(status(gate, request("GET", {"metrics"}, {{"Host", host}})), 421) << host;
    EXPECT_EQ(status(gate, request("GET", {"metrics"}, {})), 200) << "HTTP/1.0";
    const Gate guarded{InspectorOptions{.token = "secret"}, kLoopback};
    EXPECT_EQ(status(guarded, request("GET", {}, {{"Host", "any.example"}})), 200)
        << "the token is what counts";
}

TEST(Gate, LetsNoForeignPagePost) {
    const Gate gate{InspectorOptions(), kLoopback};
    const std::vector<std::string> path{"rpc", "add"};
    const std::string host = "127.0.0.1:9090";
    EXPECT_EQ(status(gate, request("POST", path, {{"Host", host}})), 200);
    EXPECT_EQ(
        status(gate, request("POST", path, {{"Host", host}, {"Origin", "http://" + host}})), 200
    );
    for (const char* origin : {"http://evil.example", "null", "https://127.0.0.1:9090"}) {
        EXPECT_EQ(status(gate, request("POST", path, {{"Host", host}, {"Origin", origin}})), 403)
            << origin;
    }
}

TEST(Gate, AsksForTheTokenEverywhereButAtThePageAndHealth) {
    const Gate gate{InspectorOptions{.token = "secret"}, kLoopback};
    EXPECT_EQ(status(gate, request("GET", {}, {})), 200);
    EXPECT_EQ(status(gate, request("GET", {"healthz"}, {})), 200);
    EXPECT_EQ(status(gate, request("POST", {"healthz"}, {})), 401);
    for (const char* shown :
         {"", "secret", "Bearer", "Bearer wrong", "Bearer secretsecret", "Basic secret"}) {
        EXPECT_EQ(status(gate, request("GET", {"metrics"}, {{"Authorization", shown}})), 401)
            << shown;
    }
    EXPECT_EQ(status(gate, request("GET", {"metrics"}, {})), 401);
    EXPECT_EQ(status(gate, request("GET", {"metrics"}, {{"Authorization", "bearer secret"}})), 200);
    EXPECT_EQ(
        status(gate, request("POST", {"rpc", "x"}, {{"Authorization", "Bearer secret"}})), 200
    );
}

}  // namespace
}  // namespace rollcall::inspect
