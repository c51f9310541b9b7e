#include "scripted_server.h"

#include <rollcall/base/thread.h>

#include <charconv>
#include <exception>
#include <utility>

namespace rollcall::tests {
namespace {

std::size_t announced_length(const std::string& head) {
    constexpr std::string_view kName = "Content-Length: ";
    const auto at = head.find(kName);
    if (at == std::string::npos) return 0;
    std::size_t length = 0;
    const char* digits = head.data() + at + kName.size();
    std::from_chars(digits, head.data() + head.size(), length);
    return length;
}

}  // namespace

std::string read_http_request(RawPeer& peer) {
    std::string text;
    std::size_t end = std::string::npos;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
        const std::string more = peer.receive();
        if (more.empty()) return {};
        text += more;
    }
    const std::size_t whole = end + 4 + announced_length(text);
    if (text.size() < whole) text += peer.receive_exactly(whole - text.size());
    return text;
}

std::string ok_response(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

ScriptedServer::ScriptedServer(Serve serve)
    : endpoint_(listener_.endpoint()),
      serve_(std::move(serve)),
      thread_(start_thread("scripted", [this] { run(); })) {
}

ScriptedServer::~ScriptedServer() {
    stopping_ = true;
    // A connection of our own ends the accept that the thread may be in.
    try {
        const RawPeer wake{endpoint_};
    } catch (const std::exception&) {
    }
    thread_.join();
}

void ScriptedServer::run() {
    for (;;) {
        try {
            RawPeer peer = listener_.accept();
            if (stopping_) return;
            serve_(peer, connections_++);
        } catch (const std::exception&) {
            if (stopping_) return;
        }
    }
}

ScriptedServer::Serve answering(std::function<std::string(const std::string&)> answer) {
    return [answer = std::move(answer)](RawPeer& peer, int) {
        for (;;) {
            const std::string request = read_http_request(peer);
            if (request.empty() || !peer.send(answer(request))) return;
        }
    };
}

}  // namespace rollcall::tests
