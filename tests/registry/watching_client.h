#pragma once
// A client of the registry whose answers may come later.

#include "support/raw_peer.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace rollcall::registry::tests {

using rollcall::tests::RawPeer;

// One request on a connection of its own, sent by the constructor.
class WatchingClient {
public:
    WatchingClient(const Endpoint& registry, const std::string& target) : peer_(registry) {
        peer_.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }

    WatchingClient(const Endpoint& registry, const std::string& target, const std::string& sent)
        : peer_(registry) {
        peer_.send(
            "POST " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
            std::to_string(sent.size()) + "\r\n\r\n" + sent
        );
    }

    // Waits for the answer.
    WatchingClient& wait() {
        const std::string answer = peer_.receive_all();
        const auto end = answer.find("\r\n\r\n");
        status = answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
        body = end == std::string::npos ? "" : answer.substr(end + 4);
        return *this;
    }

    [[nodiscard]] nlohmann::json json() const {
        return nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
    }

    // Nothing has come yet.
    [[nodiscard]] bool is_waiting() {
        return peer_.receive(1, Duration{0}).empty() && !peer_.at_end();
    }

    void leave() { peer_.close(); }

    int status = 0;
    std::string body;

private:
    RawPeer peer_;
};

}  // namespace rollcall::registry::tests
