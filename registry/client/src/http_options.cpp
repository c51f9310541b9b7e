#include "http_options.h"

#include <rollcall/registry/token_lines.h>
#include <rollcall/tls/context.h>

namespace rollcall::registry {

Result<void> check_access(const AccessOptions& access, bool is_encrypted) {
    if (!access.token.empty() && !is_token(access.token)) {
        return Error{
            Errc::invalid_argument,
            "the token of the registry is not 1 to " + std::to_string(kTokenBytesMax) +
                " letters, digits and signs of ASCII"};
    }
    if (is_encrypted) {
        if (const auto usable = tls::client_context(access.tls); !usable) return usable.error();
    }
    return {};
}

http::ClientOptions http_options(const AccessOptions& access) {
    http::ClientOptions options;
    options.bearer_token = access.token;
    options.tls = access.tls;
    return options;
}

}  // namespace rollcall::registry
