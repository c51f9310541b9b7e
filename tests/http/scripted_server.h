#pragma once
// An HTTP server that answers by hand: what the client does with well-formed and other bytes.

#include <rollcall/base/deadline.h>

#include "support/raw_peer.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace rollcall::tests {

// Everything up to and including the blank line and the announced body; "" if the peer left.
[[nodiscard]] std::string read_http_request(RawPeer& peer);

// "HTTP/1.1 200 OK" with that body and its length.
[[nodiscard]] std::string ok_response(const std::string& body);

// Accepts connections one after another and hands each to `serve` on one thread, until
// destroyed. `serve` is told the number of the connection, from 0; what it throws is dropped.
class ScriptedServer {
public:
    using Serve = std::function<void(RawPeer& peer, int connection)>;

    explicit ScriptedServer(Serve serve);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    [[nodiscard]] Endpoint endpoint() const { return endpoint_; }

    [[nodiscard]] std::string url() const { return "http://" + endpoint_.to_string(); }

    [[nodiscard]] int connections() const { return connections_; }

private:
    void run();

    RawListener listener_;
    Endpoint endpoint_;
    Serve serve_;
    std::atomic<int> connections_{0};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

// Answers every request of every connection with what `answer` returns for it.
[[nodiscard]] ScriptedServer::Serve answering(std::function<std::string(const std::string&)> answer
);

}  // namespace rollcall::tests
