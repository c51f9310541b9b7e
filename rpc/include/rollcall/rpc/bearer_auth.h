#pragma once
// Layers for tokens that go along with each call.

#include <rollcall/base/clock.h>
#include <rollcall/rpc/middleware.h>
#include <rollcall/rpc/token_set.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::rpc {

// Where the token is: "Bearer abc".
inline constexpr std::string_view kAuthorization = "authorization";

struct BearerAuthOptions {
    std::vector<std::string> open_methods = {};  // that need no token
    std::size_t max_token_bytes = 4096;          // a longer one is not looked at
    // The handler finds the token in its metadata, to pass it on. False: it is taken out once it
    // has been checked.
    bool keep_token = false;
    // With a function that is asked: for how long what it has said of a valid token is kept, so
    // that it is not asked for each call. Zero: not at all. A token that is revoked is taken for
    // valid until then. Errors are not kept.
    Duration keep_valid = Duration::zero();
    std::size_t max_kept = 1000;  // tokens; beyond it what was used least lately is forgotten
};

// Asks somebody else whose a token is, on the connection's I/O thread. An error ends the call;
// UNAUTHENTICATED if the token is not valid. It is asked for each call unless keep_valid is set.
using TokenCheck = std::function<asio::awaitable<Result<Principal>>(std::string token)>;

// For servers. A call needs `authorization: Bearer TOKEN` in its metadata, else it is
// UNAUTHENTICATED and not executed. Handlers see who has called as a Principal:
// context.attached<rpc::Principal>()->name. No token appears in an error.
[[nodiscard]] MiddlewarePtr bearer_auth(
    TokenSet tokens, BearerAuthOptions options = BearerAuthOptions()
);
// Throws std::invalid_argument if there is no function, or an option makes no sense.
[[nodiscard]] MiddlewarePtr bearer_auth(
    TokenCheck check, BearerAuthOptions options = BearerAuthOptions()
);

// For clients: calls carry the token, unless they were given an `authorization` of their own. A
// server that does not understand metadata gets neither the token nor the call. Anybody on the way
// reads it: use TLS. Throws std::invalid_argument for what can be no token.
[[nodiscard]] MiddlewarePtr bearer_token(std::string token);
// Asked for each call, on its thread; must not block. An error ends the call.
[[nodiscard]] MiddlewarePtr bearer_token(std::function<Result<std::string>()> token);

}  // namespace rollcall::rpc
