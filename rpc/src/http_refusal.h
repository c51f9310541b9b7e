#pragma once
// What an HTTP client is told that has come to the wrong port.

#include <string>

namespace rollcall::rpc {

// The whole answer, with `sentence`, which has no full stop, as its body.
[[nodiscard]] inline std::string http_refusal(const std::string& sentence) {
    const std::string body = sentence + ".\n";
    return "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace rollcall::rpc
