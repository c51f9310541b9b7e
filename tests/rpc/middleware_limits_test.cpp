// Layers that refuse what is too much: at the limit, under it and over it.

#include <rollcall/codec/reader.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/concurrency_limit.h>
#include <rollcall/rpc/rate_limit.h>
#include <rollcall/rpc/server.h>

#include "server_harness.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <limits>
#include <string>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

class ConcurrencyLimits : public testing::Test {
protected:
    void start(ConcurrencyLimitOptions options) {
        server.use(concurrency_limit(std::move(options)));
        const auto hold = [this]() -> asio::awaitable<int> {
            co_await gate.pass();
            co_return 1;
        };
        server.handle("hold", hold);
        server.handle("other", hold);
        server.start();
        client.emplace(server.endpoint());
    }

    std::future<Result<int>> begin(const char* method) {
        const std::size_t before = gate.begun();
        auto call = client->async_call(invoke<int>(method), asio::use_future);
        EXPECT_TRUE(eventually([&] { return gate.begun() > before; }));
        return call;
    }

    void expect_overloaded(const char* method, const std::string& why) {
        const auto refused = client->call(invoke<int>(method));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), Errc::overloaded);
        EXPECT_EQ(refused.error().sent(), Sent::not_sent);
        EXPECT_EQ(refused.error().message(), why);
    }

    Gate gate;
    Server server;
    std::optional<Client> client;
};

TEST_F(ConcurrencyLimits, OfTheWholeServer) {
    start({.in_flight = 2});
    auto one = begin("hold");
    auto two = begin("other");
    expect_overloaded("hold", "2 calls are under way, which is the limit");
    gate.open();
    EXPECT_TRUE(one.get());
    EXPECT_TRUE(two.get());
    EXPECT_TRUE(client->call(invoke<int>("hold"))) << "places are given back";
}

TEST_F(ConcurrencyLimits, OfOneMethod) {
    ConcurrencyLimitOptions options;
    options.in_flight = 3;
    options.per_method = {{"hold", 1}};
    start(std::move(options));
    auto one = begin("hold");
    expect_overloaded("hold", "1 calls of 'hold' are under way, which is the limit");
    auto two = begin("other");
    auto three = begin("other");
    expect_overloaded("other", "3 calls are under way, which is the limit");
    gate.open();
    EXPECT_TRUE(one.get());
    EXPECT_TRUE(two.get());
    EXPECT_TRUE(three.get());
    EXPECT_TRUE(client->call(invoke<int>("hold")));
}

TEST_F(ConcurrencyLimits, OfCallersThatHaveGone) {
    start({.in_flight = 1});
    auto one = begin("hold");
    client.emplace(server.endpoint());
    EXPECT_FALSE(one.get());
    expect_overloaded("hold", "1 calls are under way, which is the limit");
    gate.open();
    EXPECT_TRUE(eventually([&] { return client->call(invoke<int>("hold")).has_value(); }));
}

TEST_F(ConcurrencyLimits, OfSeveralClientsTogether) {
    start({.in_flight = 100});
    ClientOptions options;
    options.middleware = {concurrency_limit({.in_flight = 1})};
    client.emplace(server.endpoint(), options);
    Client other{server.endpoint(), options};
    auto one = begin("hold");
    const auto refused = other.call(invoke<int>("hold"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::overloaded);
    gate.open();
    EXPECT_TRUE(one.get());
    EXPECT_TRUE(other.call(invoke<int>("hold")));
}

TEST(ConcurrencyLimitOptionsOf, NoPlaceAreRefused) {
    EXPECT_THROW(static_cast<void>(concurrency_limit({.in_flight = 0})), std::invalid_argument);
}

// So slow that a test never sees a new one.
constexpr double kAlmostNever = 1e-6;

class RateLimits : public testing::Test {
protected:
    void start(RateLimitOptions options) {
        server.use(rate_limit(std::move(options)));
        server.handle("f", [this] { return ++executed; });
        server.start();
    }

    Result<int> call(const std::string& tenant = {}) {
        auto invocation = invoke<int>("f");
        if (!tenant.empty()) invocation = invocation.with("tenant", tenant);
        Client client{server.endpoint()};
        return client.call(std::move(invocation));
    }

    std::atomic<int> executed{0};
    Server server;
};

TEST_F(RateLimits, OfAnAddressWhateverItsPort) {
    start({.per_second = kAlmostNever, .burst = 2});
    EXPECT_TRUE(call());
    EXPECT_TRUE(call());
    const auto refused = call();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::overloaded);
    EXPECT_EQ(refused.error().sent(), Sent::not_sent);
    EXPECT_EQ(
        refused.error().message(), "this peer makes too many calls; the next may come in 86400 s"
    );
    EXPECT_EQ(executed, 2);
    codec::Reader data{refused.error().data()};
    EXPECT_EQ(data.read_map(), 1U);
    EXPECT_EQ(data.read_text(), "retry_after_ms");
    EXPECT_EQ(data.read_unsigned(), 86'400'000U);
}

TEST_F(RateLimits, OfWhatCallsSayOfThemselves) {
    start({.per_second = kAlmostNever, .burst = 1, .key = by_metadata("tenant")});
    EXPECT_TRUE(call("red"));
    EXPECT_TRUE(call("blue"));
    EXPECT_TRUE(call()) << "by the address";
    EXPECT_FALSE(call("red"));
    EXPECT_FALSE(call());
}

TEST_F(RateLimits, ForgetWhoHasCalledLeastLately) {
    start({.per_second = kAlmostNever, .burst = 1, .key = by_metadata("tenant"), .max_peers = 2});
    EXPECT_TRUE(call("red"));
    EXPECT_TRUE(call("blue"));
    EXPECT_FALSE(call("red")) << "two are known";
    EXPECT_TRUE(call("green"));
    EXPECT_FALSE(call("red"));
    EXPECT_TRUE(call("blue")) << "it was forgotten";
}

TEST_F(RateLimits, OfAnAddressWhereThereIsNoCertificate) {
    start({.per_second = kAlmostNever, .burst = 1, .key = by_certificate()});
    EXPECT_TRUE(call());
    EXPECT_FALSE(call());
}

TEST(RateLimitOptionsOf, NoSenseAreRefused) {
    const double infinite = std::numeric_limits<double>::infinity();
    for (const auto& options :
         {RateLimitOptions{.per_second = 0},
          RateLimitOptions{.per_second = infinite},
          RateLimitOptions{.burst = 0.5},
          RateLimitOptions{.burst = infinite},
          RateLimitOptions{.key = {}},
          RateLimitOptions{.max_peers = 0}}) {
        EXPECT_THROW(static_cast<void>(rate_limit(options)), std::invalid_argument);
    }
}

// ---- keys

class KeyExchange final : public Exchange {
public:
    explicit KeyExchange(PeerIdentity peer) : peer_(std::move(peer)) {}

    Direction direction() const noexcept override { return Direction::incoming; }

    std::string_view method() const noexcept override { return "f"; }

    bool awaits_reply() const noexcept override { return true; }

    Deadline deadline() const noexcept override { return {}; }

    TimePoint began() const noexcept override { return {}; }

    const Metadata& metadata() const noexcept override { return metadata_; }

    void set_metadata(std::string_view name, std::string_view value) override {
        metadata_.set(name, value);
    }

    void offer_metadata(std::string_view name, std::string_view value) override {
        metadata_.set(name, value);
    }

    void remove_metadata(std::string_view name) override { metadata_.erase(name); }

    const Metadata& reply_metadata() const noexcept override { return metadata_; }

    void reply_with(std::string_view, std::string_view) override {}

    const std::string& peer_name() const override { return peer_.address(); }

    std::uint64_t connection_id() const override { return 1; }

    const PeerIdentity& identity() const override { return peer_; }

    std::stop_token stop_token() const noexcept override { return {}; }

private:
    Attachments& attachments() override { return attachments_; }

    PeerIdentity peer_;
    Metadata metadata_;
    Attachments attachments_;
};

std::string key_of(const RateKey& key, const std::string& address) {
    return key(KeyExchange{PeerIdentity{address}});
}

TEST(RateKeys, AnAddressHasNoPort) {
    EXPECT_EQ(key_of(by_address(), "10.0.0.7:4711"), "10.0.0.7");
}

TEST(RateKeys, OfIPv6TheNetworkCounts) {
    const std::string key = key_of(by_address(), "[2001:db8:1:2::7]:4711");
    EXPECT_EQ(key_of(by_address(), "[2001:db8:1:2:ffff::1]:1"), key);
    EXPECT_NE(key_of(by_address(), "[2001:db8:1:3::7]:4711"), key);
}

TEST(RateKeys, AUserOfAUnixSocketIsOne) {
    const PeerIdentity process{"unix:/run/x.sock (uid 7, pid 12)", UnixPeer{12, 7, 7}};
    EXPECT_EQ(by_address()(KeyExchange{process}), "uid 7");
}

TEST(RateKeys, ACertificateIsItsSubject) {
    tls::PeerCertificate certificate;
    certificate.subject = "CN=worker 7";
    const PeerIdentity worker{"10.0.0.7:4711", std::nullopt, certificate};
    EXPECT_EQ(by_certificate()(KeyExchange{worker}), "certificate CN=worker 7");
    EXPECT_EQ(key_of(by_certificate(), "10.0.0.7:4711"), "10.0.0.7");
}

}  // namespace
}  // namespace rollcall::rpc::tests
