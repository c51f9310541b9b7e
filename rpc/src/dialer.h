#pragma once
// One attempt to connect: resolve, then each address in turn, with TLS if it is wanted.

#include "io_thread.h"
#include "resolver.h"
#include "tls_settings.h"
#include "transport.h"

#include <asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::rpc {

// Lives on one I/O thread until it has called `done`, exactly once, there; its owner holds it until
// then. cancel() takes `done` away instead. The whole attempt takes at most the timeout; several
// addresses share it.
class Dial {
public:
    using Done = std::function<void(Result<Transport>)>;

    // On the I/O thread. Without `tls` it is a plain connection. `done` is never called before this
    // returns.
    static std::shared_ptr<Dial> start(
        std::shared_ptr<IoThread> thread,
        const Endpoint& endpoint,
        std::shared_ptr<ClientTls> tls,
        Duration timeout,
        Done done
    );

    // Of a connection that `connect` has: a descriptor.
    static std::shared_ptr<Dial> start_with(
        std::shared_ptr<IoThread> thread, std::function<Result<int>()> connect, Done done
    );

    // On the I/O thread.
    void cancel();

private:
    using Self = std::shared_ptr<Dial>;

    Dial(
        std::shared_ptr<IoThread> thread,
        std::shared_ptr<ClientTls> tls,
        Duration timeout,
        Done done
    );

    static void take(const Self& self, const std::function<Result<int>()>& connect);
    static void on_resolved(const Self& self, Result<Addresses> addresses);
    static void try_next(const Self& self);
    static void on_connected(const Self& self, const asio::error_code& ec);
    static void begin_tls(const Self& self);
    static void shake_hands(const Self& self);
    // Goes on to the next address.
    static void fail_one(const Self& self, const std::string& words);
    static void arm_timer(const Self& self, TimePoint when);
    void finish(Result<Transport> result);

    const std::shared_ptr<IoThread> thread_;
    const std::shared_ptr<ClientTls> tls_;
    const TimePoint ends_;
    Done done_;
    std::vector<StreamAddress> addresses_;
    std::size_t next_ = 0;
    std::optional<StreamSocket> socket_;  // that is being connected
    std::optional<Transport> transport_;  // of one that is, while it shakes hands
    asio::steady_timer timer_;
    std::string failures_;
};

}  // namespace rollcall::rpc
