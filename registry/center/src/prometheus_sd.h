#pragma once
// GET /v1/prometheus: the instances as targets, for http_sd_configs of Prometheus.

#include <rollcall/base/clock.h>
#include <rollcall/http/request.h>
#include <rollcall/http/response.h>

#include "center.h"

#include <optional>
#include <string>
#include <string_view>

namespace rollcall::registry {

// The answer, or nothing if the path is another. Only on the server's I/O thread.
[[nodiscard]] std::optional<http::Response> prometheus_sd_answer(
    const http::Request& request, const Center& center, TimePoint now
);

// A name that Prometheus takes as part of a label's: everything but A-Z a-z 0-9 _ becomes "_".
[[nodiscard]] std::string label_name(std::string_view key);

}  // namespace rollcall::registry
