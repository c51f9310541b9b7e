#pragma once
// The connections of a server that live on one I/O thread.

#include "deadline_queue.h"
#include "io_thread.h"
#include "server_connection.h"
#include "server_handshakes.h"
#include "server_refusals.h"

#include <asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

namespace rollcall::rpc {

class ServerCore;

// Touched on its thread only, except for the counters. Owned by the core.
class ServerShard {
public:
    ServerShard(ServerCore& core, std::shared_ptr<IoThread> thread);

    // A connected socket, which begins with a handshake if the server speaks TLS.
    void adopt(StreamSocket socket);
    // One that is ready to serve.
    void adopt(Transport transport);
    // One of this process itself, which needs no token.
    void adopt_own(Transport transport);

    // One that is over max_connections.
    void refuse(StreamSocket socket);

    // It is closed.
    void on_closed(ServerConnection& connection);

    // Starts the periodic look at all connections' times.
    void start_ticking(const std::shared_ptr<ServerCore>& core);
    void stop_ticking();

    void drain_all(const std::string& reason, Duration grace);
    void drain_silent();
    void close_all();
    void resume_starved();

    // Something of a connection must end at this time.
    void watch(ServerConnection& connection, Deadline deadline);
    // It has ended.
    void forget_deadline(ServerConnection& connection);

    // A connection holds `after` bytes of messages instead of `before`.
    void account(std::size_t before, std::size_t after) noexcept { held_bytes_ += after - before; }

    // Closes the connections that hold most until all hold no more than this thread's part of
    // max_held_bytes. Not while messages are handed out.
    void make_room();

    [[nodiscard]] IoThread& thread() const noexcept { return *thread_; }

    [[nodiscard]] const std::shared_ptr<IoThread>& shared_thread() const noexcept {
        return thread_;
    }

    [[nodiscard]] ServerCore& core() const noexcept { return core_; }

    // The time of the last tick: near enough for time-outs, and free.
    [[nodiscard]] TimePoint now() const noexcept { return now_; }

    void log_close(std::string_view peer, std::string_view reason, LogLevel level) const;

    // Up to `limit` of its connections, and adds the number of all of them to `total`.
    void describe(std::vector<ConnectionFacts>& facts, std::size_t limit, std::size_t& total) const;

    // The names of the methods that are still in flight.
    [[nodiscard]] std::string names_in_flight() const;

    // Written on this thread, read anywhere.
    struct Counters {
        std::atomic<std::uint64_t> requests{0};
        std::atomic<std::uint64_t> protocol_errors{0};
        std::atomic<std::uint64_t> unauthenticated{0};
        std::atomic<std::uint64_t> dropped_notifications{0};
        std::atomic<std::uint64_t> failed_handshakes{0};
        std::atomic<std::uint64_t> bytes_read{0};
        std::atomic<std::uint64_t> bytes_written{0};
        std::atomic<std::uint64_t> lost_peers{0};
    };

    Counters counters;

    // Adds to a counter that only this thread writes.
    static void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) noexcept {
        counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }

private:
    template <class Act>
    void for_each(Act&& act);
    void tick(const std::shared_ptr<ServerCore>& core);
    void on_deadline();
    void begin(const ServerConnection::Self& connection);
    void arm_deadline();

    ServerCore& core_;
    const std::shared_ptr<IoThread> thread_;
    std::unordered_map<ServerConnection*, ServerConnection::Self> connections_;
    ServerHandshakes handshakes_{*this};
    ServerRefusals refusals_;
    // Set once it drains: for handshakes that end after that.
    std::optional<std::pair<std::string, Duration>> draining_;
    std::size_t held_bytes_ = 0;  // of all its connections
    asio::steady_timer ticker_;
    asio::steady_timer deadline_timer_;
    DeadlineQueue<ServerConnection*> deadlines_;
    TimePoint deadline_armed_ = TimePoint::max();
    TimePoint now_ = SteadyClock::now();
};

}  // namespace rollcall::rpc
