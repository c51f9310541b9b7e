#pragma once
// How Rollcall's contenders are set up.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/invocation.h>
#include <rollcall/rpc/server.h>

#include <string>

namespace rollcall::bench {

enum class Features {
    plain,      // MessagePack-RPC and nothing else; the limits stay, there is no way without
    defaults,   // what a program gets that sets nothing
    encrypted,  // the same over TLS
    metadata,   // and what each call may say: how long it may take, and a pair of metadata
    all,        // and layers that make ids and traces for each call, on both sides
};

[[nodiscard]] rpc::ServerOptions server_options(Features features);

// For a client on the process's shared I/O thread.
[[nodiscard]] rpc::ClientOptions client_options(Features features);

// The call that all of them make.
[[nodiscard]] rpc::Invocation<std::string> echo_of(const std::string& payload, Features features);

}  // namespace rollcall::bench
