#pragma once
// A server and a client of it in one process.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include <utility>

namespace rollcall::testing {

// A server on a free port of 127.0.0.1, over a real socket, and a client of it.
//
//     LocalPair pair{[](rpc::Server& server) { server.handle("add", add); }};
//     EXPECT_EQ(pair.client().call(rpc::invoke<int>("add", 1, 2)).value(), 3);
//
// Thread safety: as Server and Client.
class LocalPair {
public:
    // `add_handlers(server)` is called before the server starts; whatever the handlers capture
    // must outlive the pair. Throws std::system_error if no port can be had.
    template <class AddHandlers>
    explicit LocalPair(
        AddHandlers&& add_handlers,
        rpc::ServerOptions server_options = rpc::ServerOptions(),
        rpc::ClientOptions client_options = rpc::ClientOptions()
    )
        : server_(on_free_port(std::move(server_options))),
          client_(
              started(server_, std::forward<AddHandlers>(add_handlers)), std::move(client_options)
          ) {}

    [[nodiscard]] rpc::Server& server() noexcept { return server_; }

    [[nodiscard]] rpc::Client& client() noexcept { return client_; }

    [[nodiscard]] Endpoint endpoint() const { return server_.endpoint(); }

private:
    [[nodiscard]] static rpc::ServerOptions on_free_port(rpc::ServerOptions options) {
        options.listen = "127.0.0.1:0";
        return options;
    }

    template <class AddHandlers>
    [[nodiscard]] static Endpoint started(rpc::Server& server, AddHandlers&& add_handlers) {
        std::forward<AddHandlers>(add_handlers)(server);
        server.start();
        return server.endpoint();
    }

    rpc::Server server_;
    rpc::Client client_;
};

}  // namespace rollcall::testing
