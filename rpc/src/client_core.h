#pragma once
// What a Client is made of: its queue, its connection and its timers, on one I/O thread.

#include <rollcall/base/backoff.h>
#include <rollcall/base/home_process.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/turn_queue.h>

#include "client_connection.h"
#include "dialer.h"
#include "handler_pool.h"
#include "outgoing_layers.h"
#include "tls_settings.h"
#include "waiting_calls.h"

#include <asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

namespace rollcall::rpc {

// Callers on any thread put calls into a locked inbox; everything else happens on the I/O thread.
// Shared by its Client and by the completion handlers under way.
class ClientCore final : public CallTarget, public ClientConnectionOwner {
public:
    using Self = std::shared_ptr<ClientCore>;

    // Throws std::invalid_argument if an option makes no sense.
    ClientCore(Endpoint endpoint, ClientOptions options);

    // Any thread.
    void prepare(const CallPtr& call) override;
    void submit(CallPtr call) override;
    void cancel(const CallPtr& call) override;

    [[nodiscard]] const asio::any_io_executor& executor() const noexcept override {
        return executor_;
    }

    [[nodiscard]] Duration call_timeout() const override { return options_.call_timeout; }

    [[nodiscard]] PeerSettings peer_settings() const override {
        return {options_.call_timeout, options_.write_queue_bytes, host_->load};
    }

    [[nodiscard]] std::string target_name() const override { return endpoint_text_; }

    // Before the first connection; they throw std::logic_error afterwards.
    void add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler);
    void set_on_connect(HandlerRegistry::Connected connected);
    void set_on_disconnect(HandlerRegistry::Disconnected disconnected);
    void use(MiddlewarePtr layer);
    static void keep_connected(const Self& self);
    // Ends everything. On an I/O thread it only asks for it, elsewhere it waits.
    static void stop(const Self& self);

    [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

    [[nodiscard]] IoThread& thread() const noexcept { return *thread_; }

    [[nodiscard]] ClientState state() const noexcept {
        return state_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] ClientCounters counters() const noexcept;

    // True in a child of the process that made it, where its thread does not exist.
    [[nodiscard]] bool is_forked() const noexcept;

private:
    // Counters are written on the I/O thread and read anywhere.
    using Counter = std::atomic<std::uint64_t>;

    void on_heard(ClientConnection& connection) override;
    void on_writable(ClientConnection& connection) override;
    void on_lost(ClientConnection& connection, const std::string& reason) override;
    void watch(Deadline deadline) override;

    [[nodiscard]] bool stays_connected() const override { return stays_connected_; }

    void submit_call(const CallPtr& call) override;
    void cancel_call(const CallPtr& call) override;

    // Throws std::logic_error if handlers can be called already.
    void require_not_begun(const char* what) const;
    // From now on handlers can be called. Under the lock.
    void begin();

    // The pump that runs at the end of the turn: on the I/O thread alone.
    class TurnPump final : public TurnTask {
    public:
        // Nothing if it waits for its turn already.
        void run_soon(const Self& core);

    private:
        void run() override;

        void drop() noexcept override { core_.reset(); }

        Self core_;  // while it waits
    };

    // On the I/O thread, where the inbox needs no lock.
    void submit_here(CallPtr call);
    // Any thread.
    static void schedule_pump(const Self& self);
    void pump();
    // What other threads have given is put behind `calls`.
    void take_inbox(std::vector<CallPtr>& calls);
    void take_in(std::vector<CallPtr>& calls, TimePoint now);
    // `ahead`: so many calls that were accepted before it are not in the queue yet. False if it has
    // ended, or enters a layer that awaits something first.
    [[nodiscard]] bool accept(const CallPtr& call, std::size_t ahead, TimePoint now);
    // Those that may go at once do not wait in the queue. Null ones are passed over.
    void send_or_queue(std::vector<CallPtr>& calls, TimePoint now);
    [[nodiscard]] bool may_send(const ClientConnection& connection, const Call& call) const;
    // What the call's layers say of it on the way in: false if it goes no further now.
    [[nodiscard]] bool pass_layers(const CallPtr& call);
    [[nodiscard]] static asio::awaitable<void> await_layers(
        std::weak_ptr<ClientCore> weak, CallPtr call, asio::awaitable<Result<void>> finishing
    );
    void on_layers_passed(const CallPtr& call, Result<void>&& passed);
    void refuse(Call& call, Error&& why);
    // Sends what can be sent, dials if something waits and there is no connection.
    void drive();
    // A call that awaited nothing but a connection.
    static void finish_ready(Call& call);
    void send_waiting();
    // True if the connection is plain by a guess alone and the next call needs more: it is made
    // anew, with a hello.
    [[nodiscard]] bool asks_again();
    void send_one(const ClientConnection::Self& connection, const CallPtr& call, TimePoint now);
    void dial();
    void on_dialled(Result<Transport> transport);
    void fail_waiting(const Error& why);
    void retire_connection();
    // The server has said in its TLS handshake that it does not want this client.
    void on_refused(ClientConnection& connection, const Error& why);
    // Counts the notifications that an ended connection has not sent.
    void count_dropped(ClientConnection& connection);
    void lose_calls(ClientConnection& connection, const std::string& reason);
    void on_deadline();
    void expire_waiting(TimePoint now);
    void end_call(const CallPtr& call, Errc code, const std::string& message);
    void shut();
    void fail_here(Call& call, Errc code, std::string message, Sent sent);
    // A peer that is given up although it has answered no call is not dialled in a tight loop.
    void slow_down(const ClientSession& session);
    void close_if_over(ClientConnection& connection);

    const ClientOptions options_;
    const Endpoint endpoint_;
    const std::string endpoint_text_;
    const std::shared_ptr<ClientTls> tls_;  // null: plain
    const IoThreads io_;
    const std::shared_ptr<IoThread> thread_;
    const asio::any_io_executor executor_;
    const HomeProcess home_;
    const std::shared_ptr<MethodTable> methods_;
    const std::shared_ptr<HandlerHost> host_;
    std::weak_ptr<ClientCore> self_;

    // Null without layers. Written under the lock, before the first call.
    std::shared_ptr<const OutgoingLayers::Around> around_;
    std::atomic<bool> is_layered_{false};

    mutable std::mutex mutex_;
    std::unique_ptr<HandlerPool> pool_;
    std::atomic<bool> begun_{false};  // handlers can be called; written under the lock
    std::vector<CallPtr> inbox_;
    std::atomic<bool> pump_scheduled_{false};  // before inbox_ is filled; written under the lock
    bool stopped_ = false;

    // Of the I/O thread:
    std::vector<CallPtr> inbox_here_;
    std::vector<CallPtr> taken_;  // by pump(), which keeps its memory
    TurnPump turn_pump_;
    WaitingCalls waiting_;
    WaitingCalls entering_;  // a layer awaits something before they may be sent
    ClientConnection::Self connection_;
    std::vector<ClientConnection::Self> retiring_;  // going away; their calls are being answered
    std::shared_ptr<Dial> dial_;
    Backoff backoff_;
    TimePoint not_before_{};  // of the next attempt to connect
    std::string last_failure_;
    bool next_is_plain_ = false;
    // Connections in a row that ended before the hello was answered. After one the next is made
    // without it, for what needs none; after two the server is taken to be a plain one.
    unsigned hellos_cut_ = 0;
    bool stays_connected_ = false;
    asio::steady_timer deadline_timer_;
    TimePoint deadline_armed_ = TimePoint::max();
    asio::steady_timer backoff_timer_;
    bool backoff_armed_ = false;
    bool shut_ = false;

    std::atomic<ClientState> state_{ClientState::idle};
    Counter calls_{0};
    Counter late_replies_{0};
    Counter connects_{0};
    Counter failed_connects_{0};
    Counter dropped_notifications_{0};

    friend class Client;
};

}  // namespace rollcall::rpc
