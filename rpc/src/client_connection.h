#pragma once
// One connection of a client: moves bytes between the socket and its session.

#include "client_session.h"
#include "message_stream.h"

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
};

// Lives on one I/O thread. Its completion handlers share it; close() takes it from its owner.
class ClientConnection {
public:
    using Self = std::shared_ptr<ClientConnection>;

    ClientConnection(
        ClientConnectionOwner& owner,
        IoThread& thread,
        asio::ip::tcp::socket socket,
        ClientSession session
    );

    // Says hello and starts to read.
    static void open(const Self& self);

    // Puts the request into the thread's output; flush() sends it, within the same handler.
    void send(const CallPtr& call);
    static void flush(const Self& self);

    // The owner lets go: nothing is reported any more.
    void close();

    [[nodiscard]] ClientSession& session() noexcept { return session_; }

    [[nodiscard]] std::uint64_t written() const noexcept { return stream_.written(); }

    // What the kernel has not taken, and what waits for flush().
    [[nodiscard]] std::size_t unsent_bytes() const noexcept {
        return stream_.queue().bytes() + thread_.output().size();
    }

private:
    static void arm_read(const Self& self);
    static void arm_write(const Self& self);
    static void on_readable(const Self& self);
    static void on_writable(const Self& self);
    // Sending has failed: hears what the server said before, then loses the connection.
    static void break_off(const Self& self);
    // One read; what it brings is heard. `wrong` says what was no message, if anything.
    [[nodiscard]] MessageStream::ReadStatus read(std::optional<std::string>& wrong);
    void lose(const std::string& reason);

    ClientConnectionOwner* owner_;
    IoThread& thread_;
    MessageStream stream_;
    ClientSession session_;
    bool writing_ = false;
};

}  // namespace rollcall::rpc
