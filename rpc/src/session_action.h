#pragma once
// What a connection does after a message of its peer.

#include "incoming_calls.h"

#include <optional>
#include <string>

namespace rollcall::rpc {

struct SessionAction {
    Admitted run{};                      // run its method's handler, if there is one
    std::optional<std::string> close{};  // close the connection, for this reason
};

}  // namespace rollcall::rpc
