#pragma once
// A server that knows the specification of MessagePack-RPC and nothing else, by hand and with
// msgpack-c.

#include <rollcall/base/endpoint.h>

#include <memory>

namespace rollcall::rpc::tests {

// Serves connections one at a time, on a thread of its own: echo(x), fail(why), odd() whose error
// is a map, silent() which is never answered, ask(method) which calls the client back before it
// answers, tell() which notifies the client first; any other method is an error.
class PlainServer {
public:
    // What it does when a method is unknown to it.
    enum class Unknown {
        refuses,  // an error, a string
        pairs,    // an error, [0, "..."], as Neovim
        closes,   // the connection, as rpclib once did
    };

    explicit PlainServer(Unknown unknown = Unknown::refuses);
    ~PlainServer();
    PlainServer(const PlainServer&) = delete;
    PlainServer& operator=(const PlainServer&) = delete;

    [[nodiscard]] Endpoint endpoint() const;
    // Requests that have come, but for those of unknown methods.
    [[nodiscard]] int taken() const;

private:
    class Script;

    std::unique_ptr<Script> script_;
};

}  // namespace rollcall::rpc::tests
