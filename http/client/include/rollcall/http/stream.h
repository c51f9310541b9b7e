#pragma once
// A connection to one server as a stream of bytes, plain or encrypted: for protocols besides HTTP.

#include <rollcall/base/deadline.h>
#include <rollcall/base/endpoint.h>
#include <rollcall/base/result.h>
#include <rollcall/http/client.h>
#include <rollcall/tls/options.h>

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::http {

struct StreamOptions {
    bool is_encrypted = false;
    tls::ClientOptions tls = {};                         // if it is encrypted
    Duration connect_timeout = std::chrono::seconds{1};  // of each address that a name has
    Lookup lookup = {};                                  // default: the system's resolver
};

// Each function blocks for at most its deadline and ends early, with Errc::cancelled, when `stop`
// is requested from any thread. Dials when it is told to, and again after close(). Errors:
// resolve_failed, connect_failed, timed_out, cancelled, connection_lost, protocol_error (no TLS),
// invalid_argument (a file of .tls). SIGPIPE is never raised. One thread at a time.
class Stream {
public:
    Stream(Endpoint server, const StreamOptions& options);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // Resolves, connects and shakes hands; nothing if that is done already.
    [[nodiscard]] Result<void> open(Deadline deadline, const std::stop_token& stop = {});
    [[nodiscard]] bool is_open() const noexcept;

    // All of it. After an error it is not known how much was sent: close().
    [[nodiscard]] Result<void> write(
        std::string_view bytes, Deadline deadline, const std::stop_token& stop = {}
    );

    // At least one byte. After timed_out and cancelled it may be read on.
    [[nodiscard]] Result<std::string> read(Deadline deadline, const std::stop_token& stop = {});

    // The address of this machine that the connection leaves from, an IP literal.
    [[nodiscard]] Result<std::string> local_address() const;

    void close() noexcept;

    [[nodiscard]] const Endpoint& server() const noexcept;

private:
    class Core;
    std::unique_ptr<Core> core_;
};

// Asks for the addresses of host names. One thread at a time.
class Names {
public:
    // Default: the system's resolver.
    explicit Names(Lookup lookup = {});
    ~Names();
    Names(const Names&) = delete;
    Names& operator=(const Names&) = delete;

    // The numeric addresses of `host`, at least one, in the resolver's order; those of an IP
    // literal are itself. A resolver that hangs is left behind at the deadline.
    [[nodiscard]] Result<std::vector<std::string>> addresses(
        const std::string& host, Deadline deadline, const std::stop_token& stop = {}
    );

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace rollcall::http
