#include <rollcall/rpc/trace.h>

#include "random_id.h"
#include "trace_context.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace rollcall::rpc {
namespace {

// What is known of a sampled span when its call begins.
struct BegunSpan {
    std::string trace_id;
    std::string span_id;
    std::string parent_id;
    std::chrono::system_clock::time_point start;
};

class Trace final : public Middleware {
public:
    explicit Trace(TraceOptions options) : options_(std::move(options)) {
        if (!(options_.sample >= 0 && options_.sample <= 1))
            throw std::invalid_argument{"TraceOptions::sample must be from 0 to 1"};
    }

    [[nodiscard]] Entry enter(Exchange& exchange) override {
        const auto came = exchange.metadata().find(kTraceParent);
        const auto parent = came ? parent_of(exchange, *came) : std::nullopt;
        const RandomId<1> span_id;
        std::optional<RandomId<2>> begun;
        if (!parent) begun.emplace();
        const std::string_view trace_id = parent ? parent->trace_id : begun->view();
        const bool sampled = parent ? parent->sampled : begins_sampled();
        const auto text = write_trace_parent(trace_id, span_id.view(), sampled);
        if (sampled && options_.exporter) {
            BegunSpan span{std::string{trace_id}, std::string{span_id.view()}, {}, {}};
            if (parent) span.parent_id = parent->parent_id;
            span.start = std::chrono::system_clock::now();
            exchange.attach(std::make_shared<BegunSpan>(std::move(span)), this);
        }
        parent ? keep_valid_state(exchange) : exchange.remove_metadata(kTraceState);
        // Not before: the parent is a view of what it replaces.
        if (came && !parent) exchange.remove_metadata(kTraceParent);
        exchange.offer_metadata(kTraceParent, {text.data(), text.size()});
        return Entry{};
    }

    void leave(Exchange& exchange, const Outcome& outcome) noexcept override {
        BegunSpan* const begun = exchange.attached<BegunSpan>(this);
        if (begun == nullptr) return;
        try {
            options_.exporter(finished(exchange, outcome, *begun));
        } catch (...) {  // as TraceOptions::exporter says: there is nobody to tell
        }
    }

private:
    // The span that this one goes on with; nothing if it begins a trace.
    [[nodiscard]] std::optional<TraceParent> parent_of(
        const Exchange& exchange, std::string_view came
    ) const {
        const bool accepts = exchange.direction() == Direction::outgoing || options_.accept;
        return accepts ? read_trace_parent(came) : std::nullopt;
    }

    [[nodiscard]] bool begins_sampled() const {
        return options_.sample >= 1 || random_unit() < options_.sample;
    }

    static void keep_valid_state(Exchange& exchange) {
        const auto state = exchange.metadata().find(kTraceState);
        if (!state) return;
        const auto kept = read_trace_state(*state);
        if (kept == *state) return;
        exchange.remove_metadata(kTraceState);
        if (kept && !kept->empty()) exchange.offer_metadata(kTraceState, *kept);
    }

    [[nodiscard]] static Span finished(
        Exchange& exchange, const Outcome& outcome, const BegunSpan& begun
    ) {
        Span span;
        span.name = exchange.method();
        span.trace_id = begun.trace_id;
        span.span_id = begun.span_id;
        span.parent_id = begun.parent_id;
        if (const auto state = exchange.metadata().find(kTraceState)) span.trace_state = *state;
        span.start = begun.start;
        span.duration = outcome.duration();
        span.kind = exchange.direction();
        span.ok = outcome.ok();
        if (outcome.error != nullptr) {
            span.code = outcome.error->code();
            span.message = outcome.error->message();
        }
        add_attributes(span, exchange, outcome);
        return span;
    }

    static void add_attributes(Span& span, Exchange& exchange, const Outcome& outcome) {
        const bool incoming = span.kind == Direction::incoming;
        const auto add = [&](const char* name, std::string value) {
            span.attributes.emplace_back(name, std::move(value));
        };
        add("rpc.system", "msgpack-rpc");
        add("rpc.method", span.name);
        add(incoming ? "network.peer.address" : "server.address", exchange.peer_name());
        add("rpc.request.size", std::to_string(outcome.request_bytes));
        add("rpc.response.size", std::to_string(outcome.reply_bytes));
        if (!span.ok) add("error.type", std::string{name_of(span.code)});
        if (const auto id = exchange.metadata().find(kRequestId))
            add("request.id", std::string{*id});
    }

    const TraceOptions options_;
};

}  // namespace

MiddlewarePtr trace(TraceOptions options) {
    return std::make_shared<Trace>(std::move(options));
}

std::string_view trace_id_of(const Metadata& metadata) noexcept {
    const auto text = metadata.find(kTraceParent);
    const auto parent = text ? read_trace_parent(*text) : std::nullopt;
    return parent ? parent->trace_id : std::string_view{};
}

}  // namespace rollcall::rpc
