#pragma once
// MessagePack-RPC as its specification has it, and nothing more: what a peer that knows only that
// can be sent. Read with msgpack-c, not with our own codec, so that the two cannot err together.

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::rpc::tests {

enum class Speaker { client, server };

// What `said`, all bytes of one side of one connection, has that the specification has not, a
// sentence for each; empty if all is well. `heard` is what the other side said: it is asked only
// for the ids of its requests. Known to be agreed on is nothing, so the one message whose method
// begins with "$/" is a client's first, the request "$/hello".
[[nodiscard]] std::vector<std::string> offences(
    Speaker speaker, std::string_view said, std::string_view heard
);

// How many messages of each type there are in `said`: requests, responses, notifications.
struct Spoken {
    int requests = 0;
    int responses = 0;
    int errors = 0;  // of the responses
    int notifications = 0;
};

[[nodiscard]] Spoken count(std::string_view said);

}  // namespace rollcall::rpc::tests
