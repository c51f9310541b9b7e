#pragma once
// The connections of one I/O thread that are over max_connections, while they are told so.

#include <rollcall/base/clock.h>

#include "plain_refusal.h"
#include "transport.h"

#include <memory>
#include <unordered_set>

namespace rollcall::rpc {

// A client that says hello learns by a goaway that nothing was executed, a plain one by an error;
// so both are listened to for a moment. They are few at a time: further ones are closed without a
// word. Touched on its thread only. They do not count as connections of the server.
class ServerRefusals {
public:
    ServerRefusals() = default;
    ServerRefusals(const ServerRefusals&) = delete;
    ServerRefusals& operator=(const ServerRefusals&) = delete;

    ~ServerRefusals() { close_all(); }

    // One more, unless there are `most` already.
    void begin(StreamSocket socket, TimePoint now, std::size_t most);
    // Ends those that have been here for `limit`.
    void check_time(TimePoint now, Duration limit);
    void close_all();

private:
    struct One;
    using Self = std::shared_ptr<One>;

    void listen(const Self& one);
    void on_readable(const Self& one);
    // False if the peer does not read.
    [[nodiscard]] static bool answer(One& one, codec::Bytes bytes);
    void end(const Self& one);

    std::unordered_set<Self> all_;
};

}  // namespace rollcall::rpc
