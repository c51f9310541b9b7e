#pragma once
// The server of Rollcall's contenders.

#include "contender.h"
#include "rollcall_options.h"

namespace rollcall::bench {

enum class Handlers { plain, coroutines };

// Serves echo until the process is killed.
[[noreturn]] void serve_rollcall(
    rpc::ServerOptions options, Handlers handlers, const Listening& listening
);

}  // namespace rollcall::bench
