#pragma once
// One connection of a client: moves bytes between the socket and its session.

#include "client_session.h"
#include "connection.h"
#include "keepalive.h"

#include <memory>
#include <optional>
#include <string>

namespace rollcall::rpc {

class ClientConnection;

// What a connection tells its owner, always on the I/O thread.
class ClientConnectionOwner {
public:
    ClientConnectionOwner() = default;
    ClientConnectionOwner(const ClientConnectionOwner&) = delete;
    ClientConnectionOwner& operator=(const ClientConnectionOwner&) = delete;
    virtual ~ClientConnectionOwner() = default;

    // The session has heard something: calls may have ended, a goaway may have come.
    virtual void on_heard(ClientConnection& connection) = 0;
    // There is room to send again.
    virtual void on_writable(ClientConnection& connection) = 0;
    // The connection has ended; it is closed already. Never called after close().
    virtual void on_lost(ClientConnection& connection, const std::string& reason) = 0;

    // Whether the program wants a connection although nothing is under way.
    [[nodiscard]] virtual bool stays_connected() const = 0;

    // A handler of the server's request must be stopped then.
    virtual void watch(Deadline deadline) = 0;
    // The server is called by a handler, or by who keeps its Peer.
    virtual void submit_call(const CallPtr& call) = 0;
    virtual void cancel_call(const CallPtr& call) = 0;
    [[nodiscard]] virtual PeerSettings peer_settings() const = 0;
};

// Lives on one I/O thread. Its completion handlers share it; close() takes it from its owner.
class ClientConnection final : public Connection {
public:
    using Self = std::shared_ptr<ClientConnection>;

    ClientConnection(
        ClientConnectionOwner& owner,
        const std::shared_ptr<IoThread>& thread,
        std::shared_ptr<const HandlerHost> host,
        Transport transport,
        ClientSession session,
        Keepalive keepalive
    );

    // Says hello and starts to read.
    static void open(const Self& self);

    // Puts the request into the thread's output; flush() sends it, within the same handler.
    static void send(const Self& self, const CallPtr& call, TimePoint now);
    // Ends what has exceeded its deadline, and the connection if the server shows no sign of life;
    // what there is to say about it is sent.
    static void expire(const Self& self, TimePoint now);
    // Takes a call back; false if it is not here.
    [[nodiscard]] static bool forget(const Self& self, const Call& call);
    // The earliest deadline of anything under way, the next look for signs of life included.
    [[nodiscard]] Deadline earliest();
    // When signs of life are to be looked for; silence counts from now on if something is awaited.
    [[nodiscard]] Deadline next_look();

    void submit_here(const std::shared_ptr<PeerLink>& self, const CallPtr& call) override;
    void cancel_here(const std::shared_ptr<PeerLink>& self, const CallPtr& call) override;
    void disconnect_here(const std::shared_ptr<PeerLink>& self, std::string reason) override;
    static void flush(const Self& self);

    // The owner lets go: nothing is reported any more.
    void close();
    // Afterwards, when the calls have ended as well: the program hears of it.
    void part(std::string_view reason);

    // The program hears of the connection, once, before any handler runs for the server.
    void greet(const Self& self);

    [[nodiscard]] ClientSession& session() noexcept { return session_; }

    [[nodiscard]] const ClientSession& session() const noexcept { return session_; }

    // Why the server has refused the TLS handshake, if it has.
    [[nodiscard]] std::optional<Error> refused() const { return stream_.transport().refused(); }

    [[nodiscard]] std::uint64_t written() const noexcept { return stream_.written(); }

    // What the kernel has not taken, and what waits for flush().
    [[nodiscard]] std::size_t unsent_bytes() const noexcept {
        return stream_.queue().bytes() + thread_.output().size();
    }

private:
    // Something is awaited of the server.
    [[nodiscard]] bool awaits_server();
    // Asks for a sign of life or gives up without one.
    static void look_alive(const Self& self, TimePoint now);
    static void arm_read(const Self& self);
    static void arm_write(const Self& self);
    static void on_readable(const Self& self);
    static void on_writable(const Self& self);
    // Sending has failed: hears what the server said before, then loses the connection.
    static void break_off(const Self& self);
    // One read; what it brings is heard. `wrong` says what was no message, if anything.
    [[nodiscard]] static MessageStream::ReadStatus read(
        const Self& self, std::optional<std::string>& wrong
    );
    // True if handlers hold as much as they may; the server is told.
    [[nodiscard]] bool refuse_excess(const Admitted& admitted);
    void lose(const std::string& reason);
    static void schedule_flush(const Self& self);

    [[nodiscard]] IncomingCalls& incoming() override { return session_.incoming(); }

    [[nodiscard]] ReplyFormat reply_format() const override { return session_.reply_format(); }

    [[nodiscard]] StreamBounds stream_bounds() const override {
        const ClientOptions& options = session_.options();
        return {options.streams, options.limits, options.write_queue_bytes};
    }

    [[nodiscard]] StreamPeer stream_peer() const override { return session_.stream_peer(); }

    void give_up_call(std::uint32_t id, Error why, codec::Buffer& out) override;
    void send_output(const Base& self) override;

    [[nodiscard]] PeerSettings peer_settings() const override;
    void watch(Deadline deadline) override;
    void on_reply_queued(const Base& self) override;
    void release(std::size_t bytes) override;

    // Where the thread's output will begin among the bytes of the connection.
    [[nodiscard]] std::uint64_t position() const noexcept {
        return stream_.written() + stream_.queue().bytes();
    }

    ClientConnectionOwner* owner_;
    ClientSession session_;
    Keepalive keepalive_;
    TimePoint heard_at_ = SteadyClock::now();  // when something was last read
    bool writing_ = false;
    bool flush_scheduled_ = false;
    bool greeted_ = false;
};

}  // namespace rollcall::rpc
