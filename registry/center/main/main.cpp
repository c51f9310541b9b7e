// rollcall-registry: the registry as a program of its own.
#include <rollcall/base/signals.h>
#include <rollcall/registry/registry_server.h>

#include "log_sink.h"
#include "options.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <sys/resource.h>

namespace rollcall::registry {
namespace {

// What the process needs besides connections: standard streams, epoll, timers, the listener.
constexpr rlim_t kOtherDescriptors = 64;

// Raises the soft limit as far as the hard one allows; lowers the cap to what fits, and says so.
void fit_connections(RegistryServerOptions& options, const Log& log) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const rlim_t wanted = options.connections_max + kOtherDescriptors;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min(wanted, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted) return;
    const rlim_t room =
        limit.rlim_cur > 2 * kOtherDescriptors ? limit.rlim_cur - kOtherDescriptors : 1;
    log.warning(
        "only " + std::to_string(limit.rlim_cur) + " file descriptors are allowed, so at most " +
        std::to_string(room) + " connections are taken instead of " +
        std::to_string(options.connections_max) + "; raise the limit (ulimit -n) to " +
        std::to_string(wanted)
    );
    options.connections_max = room;
}

int run(MainOptions options) {
    const Log log = make_log(options.log_level, options.log_json);
    options.server.log = log;
    fit_connections(options.server, log);
    RegistryServer server{options.server};
    server.start();
    std::printf("rollcall-registry listening on %s\n", server.url().c_str());
    std::fflush(stdout);
    wait_for_signal([&server] { server.reload(); });
    server.stop();
    return 0;
}

}  // namespace
}  // namespace rollcall::registry

int main(int argc, char** argv) {
    // From the start, so that a signal that comes early ends the program as cleanly.
    rollcall::hold_signals(rollcall::Hangup::reloads);
    const auto parsed = rollcall::registry::parse_options(argc, argv);
    if (parsed.exit_status) return *parsed.exit_status;
    try {
        return rollcall::registry::run(parsed.options);
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "rollcall-registry: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "rollcall-registry: %s\n", error.what());
        return 1;
    }
}
