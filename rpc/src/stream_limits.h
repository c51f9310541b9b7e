#pragma once
// Whether options for streams make sense.

#include <rollcall/rpc/stream_options.h>

namespace rollcall::rpc {

// Throws std::invalid_argument if an option makes no sense. `whose` is "ServerOptions" or
// "ClientOptions".
void check_streams(const char* whose, const StreamOptions& options);

}  // namespace rollcall::rpc
