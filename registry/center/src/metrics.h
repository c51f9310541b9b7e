#pragma once
// GET /metrics: what the registry counts, in the text format of Prometheus, version 0.0.4.

#include <rollcall/base/clock.h>
#include <rollcall/http/request.h>
#include <rollcall/http/response.h>

#include "center.h"
#include "request_times.h"

#include <cstddef>
#include <optional>

namespace rollcall::registry {

// The answer, or nothing if the path is another. Only on the server's I/O thread.
[[nodiscard]] std::optional<http::Response> metrics_answer(
    const http::Request& request,
    const Center& center,
    const RequestTimes& times,
    std::size_t connections,
    TimePoint now
);

}  // namespace rollcall::registry
