// Whole connections: any bytes, as a client sends them, to a registry over a real socket. What
// comes back is answers, whole and well-formed, or the end of the connection; and others are
// served.
#include <rollcall/registry/registry_server.h>

#include "support/raw_peer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::registry {
namespace {

using rollcall::tests::RawPeer;

constexpr std::array kStatuses{
    200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 413, 414, 431, 503};

constexpr std::string_view kBegin = "HTTP/1.1 ";

// abort() under a name that shows in the report.
void require(bool holds) {
    if (!holds) std::abort();
}

RegistryServerOptions options() {
    RegistryServerOptions options;
    options.listen = Endpoint{"127.0.0.1", 0};
    options.log = Log::none();
    options.instances_max = 64;
    options.watchers_max = 64;
    // Small enough for an input to reach it.
    options.request_memory_max = 16 * 1024;
    return options;
}

// The answers to several requests in a row. One to a HEAD has no body. The last one may be cut:
// what is no HTTP ends the connection, also while the answer to the request before it is sent.
void check(std::string_view answers) {
    while (!answers.empty()) {
        require(answers.starts_with(kBegin.substr(0, answers.size())));
        const auto end = answers.find("\r\n\r\n");
        if (end == std::string_view::npos) return;
        const std::string head{answers.substr(0, end + 2)};
        answers.remove_prefix(end + 4);
        const int status = std::atoi(head.c_str() + 9);
        require(std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end());
        const auto length = head.find("Content-Length: ");
        if (length == std::string::npos) {
            require(status == 204 || status == 304);
            continue;
        }
        const std::size_t body = std::strtoul(head.c_str() + length + 16, nullptr, 10);
        if (answers.starts_with(kBegin)) continue;  // to a HEAD
        answers.remove_prefix(std::min(body, answers.size()));
    }
}

class Registry {
public:
    Registry() : server_(options()) { server_.start(); }

    void take(std::string_view bytes) {
        RawPeer peer{server_.endpoint()};
        // In two pieces: where one read ends is where parsers err.
        const std::size_t half = bytes.size() / 2;
        if (peer.send(bytes.substr(0, half))) peer.send(bytes.substr(half));
        peer.finish();
        const std::string answers = peer.receive_all();
        require(peer.at_end());
        check(answers);
    }

    // On a connection that stands since the beginning.
    void check_others_are_served() {
        if (!other_ || other_->at_end()) other_.emplace(server_.endpoint());
        require(other_->send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
        require(other_->receive().starts_with("HTTP/1.1 200 "));
    }

private:
    RegistryServer server_;
    std::optional<RawPeer> other_;
};

}  // namespace
}  // namespace rollcall::registry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static rollcall::registry::Registry registry;
    registry.take({reinterpret_cast<const char*>(data), size});
    registry.check_others_are_served();
    return 0;
}
