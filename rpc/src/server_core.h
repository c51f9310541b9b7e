#pragma once
// What a Server is made of: methods, I/O threads with their connections, and the acceptor.

#include <rollcall/base/home_process.h>

#include "acceptor.h"
#include "handler_host.h"
#include "handler_pool.h"
#include "latch.h"
#include "loop_probe.h"
#include "method_table.h"
#include "server_shard.h"
#include "tls_settings.h"
#include "warning_pace.h"
#include "watchdog.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace rollcall::rpc {

// Shared by its Server and by the completion handlers under way.
class ServerCore {
public:
    using Self = std::shared_ptr<ServerCore>;

    // Throws std::invalid_argument if an option makes no sense.
    explicit ServerCore(ServerOptions options);
    ~ServerCore();
    ServerCore(const ServerCore&) = delete;
    ServerCore& operator=(const ServerCore&) = delete;

    // ---- of the Server; any thread
    void add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler);
    void set_on_connect(HandlerRegistry::Connected connected);
    void set_on_disconnect(HandlerRegistry::Disconnected disconnected);
    void use(MiddlewarePtr layer);
    static void start(const Self& self);
    static void stop(const Self& self, Duration grace);
    [[nodiscard]] Endpoint endpoint() const;
    [[nodiscard]] ServerStats stats() const;
    [[nodiscard]] Result<void> reload_tls();
    [[nodiscard]] ServerHealth health();
    [[nodiscard]] std::vector<MethodStats> method_stats() const;
    // Waits for the I/O threads; on one of them it knows only the number.
    [[nodiscard]] ConnectionList list_connections(std::size_t limit, Duration patience);
    void set_admin_url(const std::string& url);
    // The client's end of a connection that this process trusts.
    [[nodiscard]] static Result<int> connect(const Self& self);
    // False if an I/O thread has not answered for a while. Never blocks.
    [[nodiscard]] bool is_alive();
    [[nodiscard]] bool is_forked() const noexcept;

    [[nodiscard]] IoThreads io() const;

    // ---- of its connections
    [[nodiscard]] const ServerOptions& options() const noexcept { return *options_; }

    [[nodiscard]] const std::shared_ptr<const ServerOptions>& shared_options() const noexcept {
        return options_;
    }

    [[nodiscard]] std::shared_ptr<const HandlerHost> host() const noexcept { return host_; }

    [[nodiscard]] std::weak_ptr<ServerCore> weak_self() const noexcept { return self_; }

    [[nodiscard]] const std::string& endpoint_text() const noexcept { return endpoint_text_; }

    // What HTTP clients are told besides.
    [[nodiscard]] std::string http_hint() const;

    // Gives back to the budget and wakes the connections that wait for it.
    void release(std::size_t bytes) noexcept;

    // Each I/O thread has its part of it, but room for two messages.
    [[nodiscard]] std::size_t max_held_bytes_of_shard() const noexcept;

    // Null if it speaks no TLS.
    [[nodiscard]] const std::shared_ptr<ServerTls>& tls() const noexcept { return tls_; }

    // Its part of max_handshakes, but one.
    [[nodiscard]] std::size_t max_handshakes_of_shard() const noexcept;

    // Its part of max_refusals, but one.
    [[nodiscard]] std::size_t max_refusals_of_shard() const noexcept;

    // Whether the next connection that is closed for its own doing is named in a warning.
    [[nodiscard]] bool may_warn_of_close();

    void connection_closed();

    // Now and then, on each shard's thread: what is done once for all of them.
    void on_tick(const ServerShard& shard, TimePoint now);

    [[nodiscard]] bool is_stopped() const noexcept {
        return stopped_.load(std::memory_order_acquire);
    }

    [[nodiscard]] Duration tick_interval() const noexcept;

private:
    [[nodiscard]] Acceptor::Target next_target(const Self& self);
    void adopt(const Self& self, ServerShard& shard, StreamSocket socket);
    static void refuse(const Self& self, ServerShard& shard, StreamSocket socket);
    // What start() makes; it throws, and then all of it is dropped again.
    void make_parts();
    // Of start() too: the calls, for those who look.
    void begin_counting();
    [[nodiscard]] ServerStatus status();
    void drop_parts();
    static void begin_stop(const Self& self, Duration grace);
    static void arm_grace(const Self& self);
    static void arm_silence(const Self& self, Duration patience);
    static void drain_shards(const Self& self, Duration grace);
    static void on_grace_over(const Self& self);
    // Ends the stop when all connections are closed and every shard has been told to drain.
    void finish_if_over();
    static void finish_stop(const Self& self);
    // Those since the last time; TimePoint::max(): at the end.
    void log_unnamed_closes(TimePoint now);

    const std::shared_ptr<const ServerOptions> options_;
    const Endpoint listen_;
    WarningPace close_warnings_;
    const std::shared_ptr<MethodTable> methods_;
    const std::shared_ptr<HandlerHost> host_;
    const HomeProcess home_;

    mutable std::mutex mutex_;  // of what start() makes and stop() ends
    bool started_ = false;
    bool stopping_ = false;
    TimePoint grace_ends_{};  // of the stop under way
    std::string endpoint_text_;
    std::string admin_url_;
    TimePoint started_at_{};
    std::size_t own_turn_ = 0;  // of connect()
    IoThreads io_;
    std::vector<std::unique_ptr<ServerShard>> shards_;
    std::vector<LoopProbe> probes_;  // one for each I/O thread
    std::shared_ptr<Acceptor> acceptor_;
    Endpoint endpoint_;
    std::shared_ptr<ServerTls> tls_;
    TimePoint next_tls_look_{};  // of the first shard's thread
    std::unique_ptr<HandlerPool> pool_;
    std::unique_ptr<Watchdog> watchdog_;
    std::unique_ptr<asio::steady_timer> grace_timer_;
    std::unique_ptr<asio::steady_timer> silence_timer_;
    const std::shared_ptr<Latch> ended_ = std::make_shared<Latch>();

    std::size_t turn_ = 0;  // of the acceptor's thread
    std::atomic<std::uint64_t> connections_{0};
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::size_t> shards_to_drain_{static_cast<std::size_t>(-1)};
    std::atomic<bool> finishing_{false};
    std::atomic<bool> stopped_{false};
    std::weak_ptr<ServerCore> self_;

    friend class Server;
};

}  // namespace rollcall::rpc
