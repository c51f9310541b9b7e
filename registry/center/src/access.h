#pragma once
// Who may read the registry and who may change what it lists.

#include <rollcall/base/result.h>
#include <rollcall/http/request.h>
#include <rollcall/http/response.h>
#include <rollcall/registry/registry_server.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// Decides for a request, whatever face it is for. Pure; a value. Thread safety: as a std::string.
class Access {
public:
    // Everything is open to everybody.
    Access() = default;

    // Lines `read TOKEN` and `write TOKEN`, at least one of the latter; a token has 8 to 255 bytes
    // of visible ASCII. A write token may read too. Without a read token reading is open. `name`
    // stands for the text in errors (invalid_argument), which give the line and never a token.
    [[nodiscard]] static Result<Access> parse(std::string_view text, std::string_view name);
    // The same of a file; an empty path is Access().
    [[nodiscard]] static Result<Access> load(const std::string& path);

    // The answer to a request that may not be served: 401 if it shows no token that would do, 403
    // if it may only read. A token is shown as `Authorization: Bearer TOKEN`, or as the password of
    // `Basic`, for clients that know nothing else.
    [[nodiscard]] std::optional<http::Response> refuse(const http::Request& request) const;

    // What refuse() says to a request that reads and shows that token, or none.
    [[nodiscard]] std::optional<http::Response> refuse_reading(
        const std::optional<std::string>& shown
    ) const;

    // The token that a request shows; empty if it is none that could be known.
    [[nodiscard]] static std::optional<std::string> token_of(const http::Request& request);

private:
    enum class Right { nothing, read, write };

    [[nodiscard]] std::optional<http::Response> refuse(
        bool write, const std::optional<std::string>& shown
    ) const;
    [[nodiscard]] Right right_of(std::string_view token) const;

    std::vector<std::string> readers_;
    std::vector<std::string> writers_;
};

// A warning, with what to do, if whoever is on the network may change what is listed.
[[nodiscard]] std::optional<std::string> exposure_of(const RegistryServerOptions& options);

}  // namespace rollcall::registry
