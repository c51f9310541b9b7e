#include "openers.h"

namespace rollcall::registry {

Result<Connection> open_redis(std::string_view /*url*/, const AccessOptions& /*access*/) {
    return Error{
        Errc::invalid_argument,
        "this build has no Redis support; install hiredis (Debian: libhiredis-dev) and build "
        "rollcall anew"};
}

}  // namespace rollcall::registry
