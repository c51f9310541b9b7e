#pragma once
// The address of an HTTP server: http://host:port/path?query, or https.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/result.h>

#include <optional>
#include <string>
#include <string_view>

namespace rollcall::http {

// A value.
class Url {
public:
    // "http://127.0.0.1:7070", "http://[::1]:7070/base?a=b", "http://name" (port 80),
    // "https://name" (port 443). An error (invalid_argument) says what is wrong.
    [[nodiscard]] static Result<Url> parse(std::string_view text);

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

    // https.
    [[nodiscard]] bool is_encrypted() const noexcept { return encrypted_; }

    // Starts with '/' unless empty; never ends with one: "" for "http://h/" too.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    // The same server and query with another path, encoded and without a '/' at its end.
    [[nodiscard]] Url with_path(std::string_view path) const;

    // The percent-decoded value of a query parameter; the first one if there are several.
    [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;

    // "http://host:port", or with https.
    [[nodiscard]] std::string origin() const;

    // "http://host:port/path", without the query: for messages.
    [[nodiscard]] std::string to_string() const;

private:
    bool encrypted_ = false;
    Endpoint endpoint_;
    std::string path_;
    std::string query_;
};

// For one segment of a path or one value of a query: everything but letters, digits and "-._~"
// as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

// And back; a % that two hexadecimal digits do not follow stays as it is.
[[nodiscard]] std::string percent_decode(std::string_view text);

}  // namespace rollcall::http
