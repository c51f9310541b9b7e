#pragma once
// The token file of a program that talks to a registry and to servers.

#include <rollcall/base/result.h>

#include <string>
#include <string_view>

namespace rollcall::registry {

struct ClientTokens {
    std::string registry;  // AccessOptions::token; empty: none
    std::string server;    // of rpc::ClientOptions and rpc::ServerOptions; empty: none
};

// One line with a token alone, for both, or lines `registry TOKEN` and `server TOKEN`; blank ones
// and those that start with '#' are left out. `name` stands for the text in errors
// (invalid_argument), which give the line and never a token.
[[nodiscard]] Result<ClientTokens> parse_client_tokens(
    std::string_view text, std::string_view name
);

// The same of a file; an empty path names no tokens.
[[nodiscard]] Result<ClientTokens> read_client_tokens(const std::string& path);

}  // namespace rollcall::registry
