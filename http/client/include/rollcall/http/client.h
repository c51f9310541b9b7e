#pragma once
// A blocking HTTP client for one server.

#include <rollcall/base/clock.h>
#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/http/url.h>
#include <rollcall/tls/options.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::http {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// The numeric addresses of a host name. May block for as long as it likes: it runs on a thread
// of its own.
using Lookup = std::function<Result<std::vector<std::string>>(const std::string& host)>;

struct ClientOptions {
    Duration connect_timeout = std::chrono::seconds{1};  // of each address that a name has
    std::size_t header_bytes_max = 32 * 1024;            // of all headers of an answer
    std::size_t body_bytes_max = 64 * 1024 * 1024;       // of an answer
    Lookup lookup = {};                                  // default: the system's resolver
    // For https. The files are read anew for each connection, so renewed ones are taken up.
    tls::ClientOptions tls = {};
    // Sent with each request as "Authorization: Bearer ...", unless that has such a header of its
    // own; empty: nothing. Never part of a message.
    std::string bearer_token = {};
};

// Requests to one server over one kept-alive connection with TCP_NODELAY, one at a time: callers
// on other threads wait their turn, within their own deadlines.
//
// The deadline is that of the whole request: turn, name, connection, upload, and an answer that
// may arrive a byte at a time. SIGPIPE is never raised and no signal mask is touched. A request
// that finds its kept-alive connection closed before a byte of the answer has come is sent once
// more on a new one, whatever its method: send only what may be repeated. Over https the server
// must show a certificate for the URL's host by an authority that is believed; TLS 1.2 or later.
// Thread safety: any thread. Must outlive its requests.
class Client {
public:
    // The answer of a server, whatever its status says.
    class Response {
    public:
        Response(int status, HeaderList headers, std::string body);

        [[nodiscard]] int status() const noexcept { return status_; }

        // 200 to 299.
        [[nodiscard]] bool ok() const noexcept { return status_ >= 200 && status_ < 300; }

        [[nodiscard]] const HeaderList& headers() const noexcept { return headers_; }

        // The first header of that name, upper and lower case alike.
        [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;

        [[nodiscard]] const std::string& body() const noexcept { return body_; }

    private:
        int status_;
        HeaderList headers_;
        std::string body_;
    };

    // What becomes of a piece of a body: until when the next piece has to come, or nothing to end
    // the request there. Called on the thread that asked; must not throw.
    using Receive = std::function<std::optional<Deadline>(std::string_view piece)>;

    explicit Client(Url base, const ClientOptions& options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // `path` is appended to that of the base URL; it is sent as it is, so encode its segments. An
    // answer of any status is a Response. Errors, all with a sentence that names the request:
    // invalid_argument (a file of .tls too), resolve_failed, connect_failed (also for a
    // certificate, the server's or ours), timed_out, cancelled, connection_lost, message_too_large
    // (headers or body over the limit), protocol_error (no HTTP, no TLS).
    [[nodiscard]] Result<Response> request(
        std::string_view method,
        std::string_view path,
        const HeaderList& headers,
        std::string body,
        Deadline deadline,
        const std::stop_token& stop = {}
    );

    // The same, but the body of an answer of 200 to 299 is handed to `receive` as it comes, in
    // pieces of at most a few KiB that end anywhere, and is not in the Response; body_bytes_max
    // does not hold for it. `deadline` is that of the first piece. It ends with the body, with
    // `receive` (which costs the connection), or with an error: timed_out if a piece has not come
    // in time.
    [[nodiscard]] Result<Response> stream(
        std::string_view method,
        std::string_view path,
        const HeaderList& headers,
        std::string body,
        Receive receive,
        Deadline deadline,
        const std::stop_token& stop = {}
    );

    // The local address of the connection to the server, an IP literal; dials if there is none.
    [[nodiscard]] Result<std::string> local_address(
        Deadline deadline, const std::stop_token& stop = {}
    );

    // Ends every request under way and to come with Errc::cancelled. From any thread, any time.
    void cancel();

    [[nodiscard]] const Url& url() const noexcept;

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace rollcall::http
