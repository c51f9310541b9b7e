#include <rollcall/rpc/client_metrics.h>

#include <stdexcept>
#include <utility>

namespace rollcall::rpc {
namespace {

class ClientMetrics final : public Middleware {
public:
    explicit ClientMetrics(std::shared_ptr<CallMetrics> metrics) : metrics_(std::move(metrics)) {
        if (metrics_ == nullptr) throw std::invalid_argument{"client_metrics() needs CallMetrics"};
    }

    [[nodiscard]] Entry enter(Exchange& exchange) override {
        metrics_->method(exchange.method()).begin();
        return Entry{};
    }

    // The name is there since enter(), so that looking it up needs no memory.
    void leave(Exchange& exchange, const Outcome& outcome) noexcept override {
        CallEnd end;
        if (!outcome.ok()) end.outcome = outcome.error->code();
        end.latency = outcome.duration();
        end.request_bytes = outcome.request_bytes;
        end.reply_bytes = outcome.reply_bytes;
        metrics_->method(exchange.method()).end(end);
    }

private:
    const std::shared_ptr<CallMetrics> metrics_;
};

}  // namespace

MiddlewarePtr client_metrics(std::shared_ptr<CallMetrics> metrics) {
    return std::make_shared<ClientMetrics>(std::move(metrics));
}

}  // namespace rollcall::rpc
