#pragma once
// A layer that makes each call a span of a distributed trace: W3C Trace Context.

#include <rollcall/base/clock.h>
#include <rollcall/base/errc.h>
#include <rollcall/rpc/middleware.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::rpc {

// What one end has seen of one call. Ids are lower-case hexadecimal, as they travel.
struct Span {
    std::string name;       // the method
    std::string trace_id;   // 32 digits
    std::string span_id;    // 16 digits
    std::string parent_id;  // likewise, empty for the first of a trace
    std::string trace_state;
    std::chrono::system_clock::time_point start;
    Duration duration{0};
    Direction kind = Direction::incoming;  // incoming: server, outgoing: client
    bool ok = true;
    Errc code{};          // if it is not
    std::string message;  // likewise
    // By the names of OpenTelemetry: rpc.system, rpc.method, network.peer.address and the like.
    std::vector<std::pair<std::string, std::string>> attributes;
};

struct TraceOptions {
    // Gets each span that is sampled, on the thread on which its call ends; must not block. What it
    // throws is dropped.
    std::function<void(const Span&)> exporter = {};
    // Which part of the traces that begin here is sampled, from 0 to 1. Whoever begins a trace
    // decides for all of it.
    double sample = 1.0;
    // Of a server: whether traces of peers are gone on with. False: each request begins a new one.
    bool accept = true;
};

// On a server: goes on with the trace that comes with a request, or begins one. Calls of the
// handler become children of its span, on clients with this layer and, as far as the context is
// passed on, on others. On a client: goes on with the trace of the handler that calls, of the
// call's own metadata, or begins one. A server that does not understand metadata gets none.
//
// `traceparent` and `tracestate` that are not as the recommendation says are dropped with all that
// they say. Throws std::invalid_argument if `sample` is not from 0 to 1.
[[nodiscard]] MiddlewarePtr trace(TraceOptions options = TraceOptions());

// The trace that metadata tells of, 32 digits; empty if it tells of none.
[[nodiscard]] std::string_view trace_id_of(const Metadata& metadata) noexcept;

}  // namespace rollcall::rpc
