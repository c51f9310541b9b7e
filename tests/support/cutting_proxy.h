#pragma once
// A TCP proxy that records what passes, and can cut its connection at an exact byte, or hold what
// comes behind it.

#include <rollcall/base/endpoint.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::tests {

// Forwards one connection after the other to a server. The first of them ends as soon as exactly
// `bytes` bytes have been forwarded in one direction: bytes that come together with the last of
// them are not forwarded. Later connections are forwarded whole.
// Thread safety: any thread. The destructor ends whatever is left.
class CuttingProxy {
public:
    enum class Direction { to_server, to_client };
    enum class How {
        fin,  // both ends see the end of the stream
        rst,  // both ends see a reset
        // Nothing more is read of who sends in that direction, until resume(): it sees a reader
        // that has stopped reading. Then its kernel keeps little for it.
        hold,
    };

    struct Cut {
        Direction direction = Direction::to_server;
        std::uint64_t bytes = UINT64_MAX;  // never
        How how = How::fin;
    };

    // What has passed over one connection.
    struct Recording {
        std::string to_server;
        std::string to_client;
    };

    // Cuts nothing.
    explicit CuttingProxy(const Endpoint& server);
    CuttingProxy(const Endpoint& server, Cut cut);
    ~CuttingProxy();
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    // Connections that come from now on go to this server.
    void point_to(const Endpoint& server);

    // Where clients connect to.
    [[nodiscard]] Endpoint endpoint() const;

    // Bytes that were forwarded over the first connection.
    [[nodiscard]] std::uint64_t forwarded(Direction direction) const;

    // All bytes so far, by connection, in the order in which they came.
    [[nodiscard]] std::vector<Recording> recordings() const;

    // The first connection has come to where it is held.
    [[nodiscard]] bool has_held() const;

    // Forwards all of it again.
    void resume();

    // Ends the first connection now, by `fin` or `rst`, held or not.
    void cut(How how);

    // Connections that have come.
    [[nodiscard]] unsigned connections() const;

private:
    class Relay;

    std::unique_ptr<Relay> relay_;
};

}  // namespace rollcall::tests
