#pragma once
// One attempt to connect: resolve, then each address in turn.

#include "io_thread.h"
#include "resolver.h"
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

    // On the I/O thread. `done` is never called before this returns.
    static std::shared_ptr<Dial> start(
        std::shared_ptr<IoThread> thread, const Endpoint& endpoint, Duration timeout, Done done
    );

    // On the I/O thread.
    void cancel();

private:
    using Self = std::shared_ptr<Dial>;

    Dial(std::shared_ptr<IoThread> thread, Duration timeout, Done done);

    static void on_resolved(const Self& self, Result<Addresses> addresses);
    static void try_next(const Self& self);
    static void on_connected(const Self& self, const asio::error_code& ec);
    static void arm_timer(const Self& self, TimePoint when);
    void finish(Result<Transport> result);

    const std::shared_ptr<IoThread> thread_;
    const TimePoint ends_;
    Done done_;
    std::vector<StreamAddress> addresses_;
    std::size_t next_ = 0;
    std::optional<StreamSocket> socket_;
    asio::steady_timer timer_;
    std::string failures_;
};

}  // namespace rollcall::rpc
