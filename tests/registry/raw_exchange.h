#pragma once
// HTTP as bytes: requests as a client's own library writes them, answers taken apart.

#include "center_curl.h"
#include "support/raw_peer.h"

#include <string>
#include <string_view>

namespace rollcall::registry::tests {

// Sends the bytes of one request over a connection of its own and reads the answer to it.
inline CurlAnswer http_exchange(const Endpoint& server, std::string_view bytes) {
    rollcall::tests::RawPeer peer{server};
    peer.send(bytes);
    std::string got;
    std::size_t end = std::string::npos;
    while (end == std::string::npos && !peer.at_end()) {
        got += peer.receive();
        end = got.find("\r\n\r\n");
    }
    if (end == std::string::npos) throw std::runtime_error{"no answer to " + std::string{bytes}};
    CurlAnswer answer;
    answer.head = got.substr(0, end + 2);
    answer.body = got.substr(end + 4);
    answer.status = std::stoi(got.substr(got.find(' ')));
    const std::string length = answer.header("Content-Length");
    const std::size_t size = length == "(none)" ? 0 : std::stoul(length);
    if (size > answer.body.size()) {
        answer.body += peer.receive_exactly(size - answer.body.size());
    }
    return answer;
}

// The bytes of a request with a body; `headers` are whole lines with their ends.
inline std::string request_bytes(
    const std::string& method,
    const std::string& target,
    const std::string& headers,
    const std::string& body = ""
) {
    return method + " " + target + " HTTP/1.1\r\nHost: registry\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace rollcall::registry::tests
