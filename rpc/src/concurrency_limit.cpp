#include <rollcall/base/log.h>
#include <rollcall/rpc/concurrency_limit.h>

#include <atomic>
#include <stdexcept>
#include <utility>

namespace rollcall::rpc {
namespace {

// Counts what is under way.
class Places {
public:
    explicit Places(std::size_t limit) : limit_(limit) {
        if (limit == 0) throw std::invalid_argument{"a concurrency limit must be positive"};
    }

    [[nodiscard]] bool take() noexcept {
        if (taken_.fetch_add(1, std::memory_order_acquire) < limit_) return true;
        give_back();
        return false;
    }

    void give_back() noexcept { taken_.fetch_sub(1, std::memory_order_release); }

    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

private:
    const std::size_t limit_;
    std::atomic<std::size_t> taken_{0};
};

class ConcurrencyLimit final : public Middleware {
public:
    explicit ConcurrencyLimit(const ConcurrencyLimitOptions& options) : all_(options.in_flight) {
        for (const auto& [method, limit] : options.per_method)
            by_method_.try_emplace(method, limit);
    }

    [[nodiscard]] Entry enter(Exchange& exchange) override {
        Places* const own = places_of(exchange);
        if (own != nullptr && !own->take()) {
            return Error{
                Errc::overloaded,
                std::to_string(own->limit()) + " calls of '" + printable(exchange.method()) +
                    "' are under way, which is the limit"};
        }
        if (all_.take()) return Entry{};
        if (own != nullptr) own->give_back();
        return Error{
            Errc::overloaded,
            std::to_string(all_.limit()) + " calls are under way, which is the limit"};
    }

    void leave(Exchange& exchange, const Outcome&) noexcept override {
        if (Places* const own = places_of(exchange)) own->give_back();
        all_.give_back();
    }

private:
    [[nodiscard]] Places* places_of(const Exchange& exchange) noexcept {
        const auto found = by_method_.find(exchange.method());
        return found == by_method_.end() ? nullptr : &found->second;
    }

    Places all_;
    std::map<std::string, Places, std::less<>> by_method_;  // the methods are fixed
};

}  // namespace

MiddlewarePtr concurrency_limit(ConcurrencyLimitOptions options) {
    return std::make_shared<ConcurrencyLimit>(options);
}

}  // namespace rollcall::rpc
