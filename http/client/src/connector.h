#pragma once
// From a server's name to a connection whose bytes can be read and written.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/file.h>
#include <rollcall/http/stream.h>

#include "channel.h"
#include "resolver.h"

#include <memory>

namespace rollcall::http {

struct OpenConnection {
    FileDescriptor socket;  // before the channel, which uses it
    std::unique_ptr<Channel> channel;
};

// One thread at a time.
class Connector {
public:
    Connector(Endpoint server, const StreamOptions& options);

    // Resolves, dials and, if it is to be encrypted, shakes hands.
    [[nodiscard]] Result<OpenConnection> connect(const IoBounds& bounds);

    [[nodiscard]] const Endpoint& server() const noexcept { return server_; }

private:
    const Endpoint server_;
    const StreamOptions options_;
    Resolver resolver_;
};

}  // namespace rollcall::http
