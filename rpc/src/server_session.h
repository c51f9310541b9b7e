#pragma once
// The server's side of one connection: messages in, replies and work out. No I/O.

#include <rollcall/codec/message.h>
#include <rollcall/rpc/server.h>

#include "hello.h"
#include "method_table.h"

#include <optional>
#include <string>
#include <unordered_map>

namespace rollcall::rpc {

// What to do with a message.
struct ServerAction {
    const MethodEntry* run = nullptr;  // run this method's handler with `request`
    Request request{};
    std::optional<std::string> close;  // close the connection, for this reason
};

// Pure; one thread at a time.
class ServerSession {
public:
    ServerSession(const MethodTable& methods, const ServerOptions& options)
        : methods_(methods), options_(options) {}

    // One message of the peer. What can be answered at once is written to `out`.
    [[nodiscard]] ServerAction on_message(codec::Bytes frame, codec::Buffer& out);

    // A handler that does not end at once takes the request's id until end(): a request that comes
    // with the same id meanwhile is refused.
    void begin(const MethodEntry& method, std::optional<std::uint32_t> id);
    void end(std::optional<std::uint32_t> id);

    // Replaces a reply that exceeds the message limit, ours or the peer's, from `start` on, by an
    // error.
    void limit_reply(codec::Buffer& out, std::size_t start, std::optional<std::uint32_t> id) const;

    [[nodiscard]] std::size_t in_flight() const {
        return in_flight_.size() + notifications_in_flight_;
    }

    // The names of the methods in flight, for the log.
    [[nodiscard]] std::string names_in_flight() const;

    // The peer has said hello and understands goaway.
    [[nodiscard]] bool peer_knows_goaway() const { return peer_knows_goaway_; }

    // The peer has sent at least one whole message.
    [[nodiscard]] bool heard() const { return heard_; }

    // Tells the peer that requests after the last one seen here will not be executed.
    void write_goaway(codec::Buffer& out, std::string reason, Duration grace) const;

    // Requests refused for want of a token since the last time this was asked.
    [[nodiscard]] std::uint64_t take_unauthenticated() {
        return std::exchange(unauthenticated_, 0);
    }

private:
    void on_hello(const codec::Message& message, codec::Buffer& out);
    [[nodiscard]] std::size_t max_reply_bytes() const;

    [[nodiscard]] bool may_call() const { return options_.token.empty() || authenticated_; }

    const MethodTable& methods_;
    const ServerOptions& options_;
    std::unordered_map<std::uint32_t, const MethodEntry*> in_flight_;
    std::size_t notifications_in_flight_ = 0;
    std::optional<std::uint32_t> last_id_;
    std::uint64_t peer_max_message_bytes_ = 0;  // 0: not said
    std::uint64_t unauthenticated_ = 0;
    bool heard_ = false;
    bool peer_knows_goaway_ = false;
    bool authenticated_ = false;
};

}  // namespace rollcall::rpc
