#include <rollcall/rpc/access_log.h>
#include <rollcall/rpc/trace.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <utility>

namespace rollcall::rpc {
namespace {

std::string milliseconds_text(Duration duration) {
    char text[32];
    std::snprintf(
        text, sizeof text, "%.3f ms", std::chrono::duration<double, std::milli>(duration).count()
    );
    return text;
}

std::string outcome_text(const Error* error) {
    if (error == nullptr) return "ok";
    std::string_view name = wire_name(error->code());
    if (name.empty()) name = error->code() == Errc::remote_error ? "ERROR" : name_of(error->code());
    return std::string{name} + " (" + printable(error->message()) + ")";
}

class AccessLog final : public Middleware {
public:
    AccessLog(Log log, AccessLogOptions options) : log_(std::move(log)), options_(options) {}

    [[nodiscard]] Entry enter(Exchange&) override { return Entry{}; }

    void leave(Exchange& exchange, const Outcome& outcome) noexcept override {
        const bool is_slow =
            options_.slow > Duration::zero() && outcome.duration() >= options_.slow;
        const bool is_news = !outcome.ok() || is_slow;
        const LogLevel level = is_news ? LogLevel::warning : LogLevel::info;
        if (!log_.enabled(level) || (!is_news && !is_its_turn())) return;
        try {
            log_.write(level, line(exchange, outcome) + (is_slow ? ", slow" : ""));
        } catch (const std::exception&) {  // no memory for a line: there is none
        }
    }

private:
    [[nodiscard]] bool is_its_turn() noexcept {
        if (options_.every <= 1) return options_.every == 1;
        return seen_.fetch_add(1, std::memory_order_relaxed) % options_.every == 0;
    }

    [[nodiscard]] static std::string line(Exchange& exchange, const Outcome& outcome) {
        const bool incoming = exchange.direction() == Direction::incoming;
        const std::size_t in = incoming ? outcome.request_bytes : outcome.reply_bytes;
        const std::size_t out = incoming ? outcome.reply_bytes : outcome.request_bytes;
        std::string text = incoming ? "served " : "called ";
        if (!exchange.awaits_reply()) text = incoming ? "took note " : "sent note ";
        text += printable(exchange.method()) + (incoming ? " for " : " at ");
        text += exchange.peer_name() + ": " + outcome_text(outcome.error) + " in " +
                milliseconds_text(outcome.duration()) + ", " + std::to_string(in) + " bytes in, " +
                std::to_string(out) + " out";
        if (const auto id = exchange.metadata().find(kRequestId))
            text += ", request-id " + printable(*id);
        const std::string_view trace = trace_id_of(exchange.metadata());
        if (!trace.empty()) text.append(", trace-id ").append(trace);
        return text;
    }

    const Log log_;
    const AccessLogOptions options_;
    std::atomic<std::size_t> seen_{0};
};

}  // namespace

MiddlewarePtr access_log(Log log, AccessLogOptions options) {
    return std::make_shared<AccessLog>(std::move(log), options);
}

}  // namespace rollcall::rpc
