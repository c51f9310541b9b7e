#pragma once
// A server of the HTTP tests, with a way to send it raw requests.
#include <rollcall/http/server.h>

#include "support/raw_peer.h"

#include <string>
#include <utility>

namespace rollcall::http::tests {

using rollcall::tests::RawPeer;

// Answers with what it saw: "METHOD seg|seg ?k=v&... peer body".
inline void describe(const Request& request, Responder responder) {
    std::string text = request.method + " ";
    for (const std::string& segment : request.path)
        text += "/" + segment;
    for (const auto& [key, value] : request.query)
        text += " ?" + key + "=" + value;
    if (const auto name = request.header("x-name")) text += " name=" + std::string{*name};
    text += " body=" + std::to_string(request.body.size());
    responder.respond(Response::text(200, std::move(text)));
}

inline ServerOptions loopback() {
    ServerOptions options;
    options.log = Log::none();
    return options;
}

// A server with one handler, started, and a way to send it raw requests.
class TestServer {
public:
    explicit TestServer(Server::Handler handler = describe, ServerOptions options = loopback())
        : server(std::move(options), std::move(handler)) {
        server.start();
    }

    // One request on a connection of its own, everything that came back. `finish` ends the
    // sending side, for bytes that are no whole request.
    std::string exchange(const std::string& bytes, bool finish = false) {
        RawPeer peer{server.endpoint()};
        peer.send(bytes);
        if (finish) peer.finish();
        return peer.receive_all();
    }

    std::string get(const std::string& target, const std::string& headers = "") {
        return exchange(
            "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n"
        );
    }

    Server server;
};

inline std::string body_of(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
}

inline std::string post(std::size_t body_bytes) {
    return "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'b');
}

}  // namespace rollcall::http::tests
