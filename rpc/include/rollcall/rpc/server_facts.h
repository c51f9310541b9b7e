#pragma once
// What can be asked about a server that runs.

#include <rollcall/base/clock.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::rpc {

struct ServerStats {
    std::uint64_t connections = 0;            // open now
    std::uint64_t accepted = 0;               // ever
    std::uint64_t refused = 0;                // over max_connections
    std::uint64_t requests = 0;               // requests and notifications read
    std::uint64_t bytes_read = 0;             // of all connections; TLS's own not counted
    std::uint64_t bytes_written = 0;          // taken by the kernel
    std::uint64_t in_flight_bytes = 0;        // of max_request_bytes, in use now
    std::uint64_t protocol_errors = 0;        // connections closed for what they sent
    std::uint64_t unauthenticated = 0;        // requests refused for want of a token
    std::uint64_t dropped_notifications = 0;  // to peers that have too much unread already
    std::uint64_t overloaded = 0;             // requests refused by a limit on handlers
    std::uint64_t lost_peers = 0;             // connections ended for want of a sign of life
    std::uint64_t failed_handshakes = 0;      // of TLS: refused, by either side, or not in time
};

enum class ServerStatus {
    starting,    // start() has not been called
    serving,     // all is well
    overloaded,  // max_request_bytes are being handled: nothing more is read
    stuck,       // an I/O thread has not answered for a second
    draining,    // stop() has been called
    stopped,     // it is over, or the server has been destroyed
};

// The enumerator's own name.
[[nodiscard]] std::string_view name_of(ServerStatus status) noexcept;

struct ServerHealth {
    ServerStatus status = ServerStatus::stopped;
    std::string name;  // ServerOptions::name
    Duration uptime{0};
    std::uint64_t connections = 0;
    std::uint64_t in_flight = 0;  // calls whose handlers do not end at once, and have not
};

// One open connection.
struct ConnectionFacts {
    std::string peer;  // "10.0.0.7:4711", "unix:/run/x.sock (uid 1000, pid 12)", "this process"
    Duration age{0};
    bool is_rollcall = false;  // it has said hello; else it is plain, or has said nothing yet
    bool is_encrypted = false;
    std::size_t in_flight = 0;  // calls, in either direction
    std::uint64_t requests = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
};

struct ConnectionList {
    std::vector<ConnectionFacts> connections;  // the oldest first
    std::size_t total = 0;                     // that are open, listed or not
    bool is_complete = true;                   // false: an I/O thread has not answered in time
};

}  // namespace rollcall::rpc
