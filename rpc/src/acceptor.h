#pragma once
// The listening socket of a server.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/log.h>

#include "io_thread.h"
#include "unix_listener.h"

#include <asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace rollcall::rpc {

// Accepts on one I/O thread and hands each socket on, made for the thread that will own it.
// Running out of descriptors makes it wait, not fail.
class Acceptor {
public:
    using Self = std::shared_ptr<Acceptor>;

    // The thread that will own the next connection, and where to hand it.
    struct Target {
        std::shared_ptr<IoThread> thread;
        std::function<void(StreamSocket)> adopt;  // called on the acceptor's thread
    };

    using NextTarget = std::function<Target()>;

    // Listens. Throws std::system_error that names the address and who holds it. `unix_mode` is the
    // mode of the file of a Unix domain socket.
    Acceptor(std::shared_ptr<IoThread> thread, const Endpoint& listen, unsigned unix_mode, Log log);

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

    // Accepts until close(). On the acceptor's thread.
    static void start(const Self& self, NextTarget next);

    // Accepts what the kernel has already connected, closes, then calls `closed`, once. After
    // start(), on the acceptor's thread.
    static void close(const Self& self, std::function<void()> closed);

private:
    static void accept_next(const Self& self);
    static void on_accept(const Self& self, const asio::error_code& ec);
    void finish_close();
    void listen_on_tcp(const Endpoint& listen);

    const std::shared_ptr<IoThread> thread_;
    const Log log_;
    ListeningSocket acceptor_;
    UnixSocketFile file_;
    asio::steady_timer pause_;
    Endpoint endpoint_;
    NextTarget next_;
    Target target_;
    std::unique_ptr<StreamSocket> accepted_;
    std::function<void()> closed_;  // set: it is closing
    bool exhausted_ = false;
};

}  // namespace rollcall::rpc
