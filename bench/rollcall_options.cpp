#include "rollcall_options.h"

#include <rollcall/rpc/request_ids.h>
#include <rollcall/rpc/trace.h>

#include "tls_files.h"

#include <utility>

namespace rollcall::bench {
namespace {

// The default is just too little for a payload of 16 MiB and what is around it.
constexpr std::size_t kMaxMessageBytes = std::size_t{17} << 20U;

constexpr rpc::Method<std::string(std::string)> kEcho{"echo", rpc::idempotent};

rpc::Middlewares layers(Features features) {
    if (features != Features::all) return {};
    rpc::TraceOptions options;
    options.sample = 0.01;
    options.exporter = [](const rpc::Span&) {};
    return {rpc::request_ids(), rpc::trace(options)};
}

}  // namespace

rpc::ServerOptions server_options(Features features) {
    rpc::ServerOptions options;
    options.limits.max_message_bytes = kMaxMessageBytes;
    options.middleware = layers(features);
    if (features == Features::plain) {
        options.count_calls = false;
        options.keepalive_interval = Duration::zero();
        options.watchdog_threshold = Duration::zero();
    }
    if (features == Features::encrypted)
        options.tls = {tls_files().certificate, tls_files().key, ""};
    return options;
}

rpc::ClientOptions client_options(Features features) {
    rpc::ClientOptions options;
    options.limits.max_message_bytes = kMaxMessageBytes;
    options.middleware = layers(features);
    if (features == Features::plain) {
        options.hello = false;
        options.keepalive_interval = Duration::zero();
    }
    if (features == Features::encrypted) options.tls = tls::ClientOptions{tls_files().authority};
    return options;
}

rpc::Invocation<std::string> echo_of(const std::string& payload, Features features) {
    auto echo = kEcho(payload);
    if (features != Features::metadata && features != Features::all) return echo;
    return std::move(echo).within(std::chrono::seconds{2}).with("tenant", "blue");
}

}  // namespace rollcall::bench
