#pragma once
// A server that a test plays by hand, message by message.

#include <rollcall/codec/message.h>
#include <rollcall/codec/message_reader.h>

#include "support/raw_peer.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace rollcall::tests {

// The server's end of one connection. One thread at a time.
class ScriptedConnection {
public:
    struct Received {
        codec::MessageType type = codec::MessageType::request;
        std::uint32_t id = 0;
        std::string method;
        std::string params;
    };

    // Takes the next connection of `listener`; throws std::runtime_error after `limit`.
    explicit ScriptedConnection(RawListener& listener, Duration limit = std::chrono::seconds{10});

    // The next message; nothing at the end of the stream or after `limit`.
    [[nodiscard]] std::optional<Received> next(Duration limit = std::chrono::seconds{10});

    // Takes the hello, which must come next, and answers as a Rollcall server. Its id.
    std::uint32_t answer_hello(std::uint64_t max_message_bytes = 0);
    // Takes the hello and answers as a server that knows no such method. Its id.
    std::uint32_t refuse_hello();

    // False if the peer has gone.
    bool reply(std::uint32_t id, int result);
    bool fail(std::uint32_t id, std::string_view text);
    bool goaway(std::optional<std::uint32_t> last_id);

    bool send(std::string_view bytes) { return peer_.send(bytes); }

    [[nodiscard]] RawPeer& peer() { return peer_; }

private:
    std::uint32_t take_hello();

    RawPeer peer_;
    codec::MessageReader reader_{codec::Limits{}};
    std::deque<Received> received_;
};

}  // namespace rollcall::tests
