#pragma once
// What Prometheus calls the process's own metrics.

#include <rollcall/http/metrics_text.h>

namespace rollcall::http {

// process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds.
void write_process_metrics(MetricsText& text);

}  // namespace rollcall::http
