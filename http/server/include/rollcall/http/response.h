#pragma once
// What a handler of the HTTP server answers.

#include <rollcall/http/request.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::http {

// A value; cheap to copy when the body is shared. The server adds Content-Length and Connection,
// leaves out the body where HTTP forbids one, and drops control characters from header values.
struct Response {
    int status = 200;
    std::string content_type;  // empty: no Content-Type
    std::shared_ptr<const std::string> body;
    std::vector<std::shared_ptr<const std::string>> more;  // of the body: parts that follow it
    HeaderList headers;
    bool close = false;  // end the connection after this answer

    [[nodiscard]] static Response json(int status, std::string body);
    // The same over bytes that many answers share.
    [[nodiscard]] static Response json(int status, std::shared_ptr<const std::string> body);

    // Of body and more together.
    [[nodiscard]] std::size_t body_bytes() const;

    // text/plain; a line end is added.
    [[nodiscard]] static Response text(int status, std::string body);
    [[nodiscard]] static Response empty(int status);
    // {"error":code,"message":message}; `code` for machines, `message` a sentence in UTF-8.
    [[nodiscard]] static Response error(
        int status, std::string_view code, std::string_view message
    );

    Response& add_header(std::string name, std::string value) &;
    [[nodiscard]] Response&& with_header(std::string name, std::string value) &&;
};

// 405 with Allow. `allow` is a list like "GET, HEAD".
[[nodiscard]] Response method_not_allowed(const Request& request, const std::string& allow);

}  // namespace rollcall::http
