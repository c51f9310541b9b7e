#include <rollcall/codec/pack.h>
#include <rollcall/rpc/rate_limit.h>

#include "rate_table.h"

#include <asio/ip/address_v6.hpp>

#include <cmath>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace rollcall::rpc {
namespace {

// The network of 64 bits that an address is in, as it is where it cannot be read.
std::string network_of(std::string_view v6) {
    asio::error_code wrong;
    const auto address = asio::ip::make_address_v6(std::string{v6}, wrong);
    if (wrong) return std::string{v6};
    const auto bytes = address.to_bytes();
    return std::string(bytes.begin(), bytes.begin() + 8);
}

std::string address_of(const Exchange& exchange) {
    const PeerIdentity& peer = exchange.identity();
    if (peer.process()) return "uid " + std::to_string(peer.process()->uid);
    const std::string_view text = peer.address();
    if (text.starts_with('[')) return network_of(text.substr(1, text.find(']') - 1));
    return std::string{text.substr(0, text.rfind(':'))};
}

std::string wait_text(std::int64_t ms) {
    return ms < 1000 ? std::to_string(ms) + " ms" : std::to_string((ms + 999) / 1000) + " s";
}

class RateLimit final : public Middleware {
public:
    explicit RateLimit(RateLimitOptions options)
        : key_(std::move(options.key)),
          table_(Rate{options.per_second, options.burst}, options.max_peers) {
        const bool is_rate = std::isfinite(options.per_second) && options.per_second > 0;
        if (!is_rate || !std::isfinite(options.burst) || options.burst < 1 ||
            options.max_peers < 1 || !key_) {
            throw std::invalid_argument{
                "RateLimitOptions: per_second must be positive, burst and max_peers at least 1, "
                "and key a function"};
        }
    }

    [[nodiscard]] Entry enter(Exchange& exchange) override {
        const std::string key = key_(exchange);
        std::optional<Duration> wait;
        {
            const std::lock_guard lock{mutex_};
            wait = table_.take(key, exchange.began());
        }
        if (!wait) return Entry{};
        const std::int64_t ms = std::chrono::ceil<std::chrono::milliseconds>(*wait).count();
        codec::Buffer data;
        codec::pack_map_head(data, 1);
        codec::pack_str(data, "retry_after_ms");
        codec::pack_unsigned(data, static_cast<std::uint64_t>(ms));
        return Error{
            Errc::overloaded,
            "this peer makes too many calls; the next may come in " + wait_text(ms)}
            .with_data(std::string{data.view()});
    }

private:
    const RateKey key_;
    std::mutex mutex_;
    RateTable table_;
};

}  // namespace

RateKey by_address() {
    return address_of;
}

RateKey by_certificate() {
    return [](const Exchange& exchange) {
        const auto& certificate = exchange.identity().certificate();
        return certificate ? "certificate " + certificate->subject : address_of(exchange);
    };
}

RateKey by_metadata(std::string_view name) {
    return [name = std::string{name}](const Exchange& exchange) {
        const auto value = exchange.metadata().find(name);
        return value ? "metadata " + std::string{*value} : address_of(exchange);
    };
}

MiddlewarePtr rate_limit(RateLimitOptions options) {
    return std::make_shared<RateLimit>(std::move(options));
}

}  // namespace rollcall::rpc
