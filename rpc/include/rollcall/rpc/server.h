#pragma once
// Serves methods over MessagePack-RPC.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/log.h>
#include <rollcall/codec/limits.h>
#include <rollcall/rpc/handler_registry.h>
#include <rollcall/rpc/io_threads.h>
#include <rollcall/rpc/middleware.h>
#include <rollcall/rpc/server_view.h>
#include <rollcall/rpc/stream_options.h>
#include <rollcall/tls/options.h>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rollcall::rpc {

struct ServerOptions {
    // "host:port"; port 0 takes a free one; "[::]:9000" listens on IPv6 and IPv4. Of a name with
    // several addresses the first is taken. Or "unix:/run/x.sock", for clients on this machine: the
    // file is made at start() and removed by stop(); one that nobody listens on any more is
    // replaced.
    std::string listen = "127.0.0.1:0";
    // Of that file: who may connect. The owner alone by default; set whatever the umask is.
    unsigned unix_mode = 0600;

    // Behaviour
    std::size_t io_threads = 1;     // ignored if `io` is given
    std::size_t pool_threads = 4;   // for handlers with RunOn::pool; started only if there is one
    std::string token = {};         // if set, connections must present it in their hello
    std::string name = "rollcall";  // told to peers that ask
    // What an HTTP client that comes to this port is told besides that this is not HTTP.
    std::string http_hint = {};
    // Given files, the port speaks TLS and nothing else, and with client_ca_file serves only
    // clients that show a certificate. The files are read at start() and by reload_tls(), and when
    // they have changed, which is looked at this often: for connections to come. Those that are
    // open go on.
    tls::ServerOptions tls = {};
    Duration tls_look_interval = std::chrono::seconds{10};
    // Calls are counted by method, with their times (method_stats()).
    bool count_calls = true;
    IoThreads io = {};  // default: threads of its own
    Log log = {};
    // Connections that were closed for what they did or failed to do are named in so many warnings
    // each second; the others are counted in one.
    std::size_t max_close_warnings = 10;
    Middlewares middleware = {};  // what requests go through, the first outermost; then use()

    // Limits
    codec::Limits limits = {};            // messages, both ways
    std::size_t max_connections = 10000;  // more are accepted, told so and closed
    // Of those, how many are listened to at a time until they can be told; further ones are closed
    // without a word. Shared out evenly to the I/O threads.
    std::size_t max_refusals = 64;
    std::size_t max_in_flight = 1024;  // per connection; then it is not read from
    // Of all requests being handled: their bytes, and 1 KiB for each handler that does not end at
    // once. Handlers count until they end, even if their connection ends first.
    std::size_t max_request_bytes = std::size_t{256} << 20U;
    // Requests for handlers with RunOn::pool that wait for a thread; one more is refused as
    // OVERLOADED, not executed. Those that nobody waits for any more are dropped when their turn
    // comes.
    std::size_t max_pool_queue = 1024;
    // A request that has waited for longer than this when its turn comes is refused as OVERLOADED,
    // not executed: the longest that a call which is answered has queued here. Of handlers that do
    // not end at once. Zero: as long as its deadline allows.
    Duration max_queue_time = Duration::zero();
    // Of all connections: half messages, bytes not handled yet and unsent replies. Over it the
    // connection that holds most is closed. Shared out evenly to the I/O threads.
    std::size_t max_held_bytes = std::size_t{512} << 20U;
    std::size_t write_queue_high = std::size_t{1} << 20U;   // unsent bytes: not read from
    std::size_t write_queue_hard = std::size_t{64} << 20U;  // unsent bytes: closed
    StreamOptions streams = {};                             // of each connection

    // TLS handshakes under way; more wait, in order, within their time. Shared out evenly to the
    // I/O threads.
    std::size_t max_handshakes = 256;

    // Timeouts
    Duration call_timeout = std::chrono::seconds{5};       // of the server's own calls to its peers
    Duration handshake_timeout = std::chrono::seconds{5};  // from accept to the end of TLS's
    Duration first_byte_timeout = std::chrono::seconds{5};  // from accept to the first byte
    // For one over max_connections to say its first message, and to close once it was answered.
    Duration refusal_timeout = std::chrono::seconds{1};
    // A half message must make progress of 16 KiB, and unsent replies any, within this time.
    Duration stall_timeout = std::chrono::seconds{30};
    Duration idle_timeout = std::chrono::seconds{300};  // nothing read, no call in flight
    Duration drain_timeout = std::chrono::seconds{30};  // the default grace of stop()
    // A peer that has said hello, for whose answers, handlers or on_disconnect() this waits, is
    // asked for a sign of life when it has said nothing for the interval, and its connection ends
    // if none comes within the time-out. Interval zero: never.
    Duration keepalive_interval = std::chrono::seconds{15};
    Duration keepalive_timeout = std::chrono::seconds{15};
    // A handler that holds an I/O thread for longer is named in the log; zero: never.
    Duration watchdog_threshold = std::chrono::milliseconds{200};
};

class ServerCore;

// Methods are added with handle() (handler_registry.h), then start() listens and serves until
// stop(). Handlers run on I/O threads, several at a time if there are several threads, and must not
// block; one that does is added with {.run = RunOn::pool}. What a handler throws becomes an error
// reply.
//
// Thread safety: all members may be called from any thread, handlers included, but handle() only
// before start(). Destroying a server stops it with its default grace; on an I/O thread it returns
// at once, elsewhere it waits: also for handlers on the pool that have begun, without limit,
// because they use the program's objects. What blocks there must end by itself; the log says who is
// waited for.
class Server final : public HandlerRegistry {
public:
    // Throws std::invalid_argument if an option makes no sense.
    explicit Server(ServerOptions options = ServerOptions());
    ~Server();
    Server(Server&& other) noexcept;
    Server& operator=(Server&& other) noexcept;

    // Puts a layer inside of those that were added before. Throws std::logic_error after
    // start(), std::invalid_argument for null.
    void use(MiddlewarePtr layer);

    // A function; middleware() says which.
    template <class Enter>
    requires std::is_invocable_v<Enter&, Exchange&>

    void use(Enter enter) { use(rpc::middleware(std::move(enter))); }

    // Listens and serves; returns at once. Throws std::system_error that names the address and,
    // where it can be found out, the process that holds it; std::invalid_argument if a file of
    // `tls` cannot be used; std::logic_error if started before.
    void start();

    // Takes no new work, tells peers to go away, answers all that was read, then closes; after
    // `grace` it closes whatever is left and logs the methods that have not ended. Repeated calls
    // are harmless, and the shortest grace counts. On an I/O thread or in a handler it returns at
    // once, elsewhere it waits. Handlers on the pool that have not ended go on without a caller.
    void stop();
    void stop(Duration grace);

    // Where it listens, with the port chosen; before start() as asked for. Carries a probe of the
    // I/O threads, for the registrar.
    [[nodiscard]] LiveEndpoint endpoint() const;

    // Reads the files of `tls` now. An error names the file and what is wrong with it; then the
    // former ones are used on. Nothing happens without TLS, and before start(), which reads them.
    [[nodiscard]] Result<void> reload_tls();

    [[nodiscard]] ServerStats stats() const;

    // What became of the calls of each method, by name. The time of a call is that from the read
    // that brought it to the write that takes its reply along: what came in one read and is
    // answered in one write takes the same time.
    [[nodiscard]] std::vector<MethodStats> method_stats() const { return view().method_stats(); }

    // Up to `limit` open connections; see ServerView::connections().
    [[nodiscard]] ConnectionList connections(std::size_t limit = 1000) const {
        return view().connections(limit);
    }

    // For whoever shows how this server is. Outlives it.
    [[nodiscard]] ServerView view() const;

    // Its I/O threads, for clients that handlers use.
    [[nodiscard]] IoThreads io() const;

private:
    void add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler) override;
    void set_on_connect(Connected connected) override;
    void set_on_disconnect(Disconnected disconnected) override;

    std::shared_ptr<ServerCore> core_;
};

}  // namespace rollcall::rpc
