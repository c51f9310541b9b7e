#pragma once
// The registry in this process: what rollcall-registry runs, and what tests embed.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/log.h>
#include <rollcall/tls/options.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace rollcall::registry {

struct RegistryServerOptions {
    Endpoint listen{"127.0.0.1", 7070};  // port 0: a free one

    // Security.
    // Lines `read TOKEN` and `write TOKEN`: without the right one requests are answered 401 or 403.
    // Empty: whoever reaches the registry may read and write.
    std::string token_file = {};
    tls::ServerOptions tls = {};  // https instead of http

    // Leases.
    std::chrono::milliseconds ttl = std::chrono::seconds{15};       // of instances that name none
    std::chrono::milliseconds ttl_min = std::chrono::seconds{2};    // that an instance may name,
    std::chrono::milliseconds ttl_max = std::chrono::seconds{600};  // `ttl` itself is always valid
    // After start() lists are answered 503 for so long, so that a registry that lost its memory
    // does not tell anybody that there are no servers.
    std::chrono::milliseconds warmup{0};

    // Where the list is kept, so that a restart loses nobody: a directory of this registry's own,
    // made if there is none. Empty: in memory only.
    std::string data_dir = {};

    // The header protocol.
    std::string header_path = "/myRPC/registry";
    std::string header_prefix = "X-Myrpc-";  // of the headers ...Server, ...Servers, ...Service

    // Hold: if more than hold_percent of a service, and at least hold_least, miss their heartbeats
    // together, those whose leases run out are listed on, as stale, for hold_ttls leases at most.
    std::size_t hold_least = 5;
    int hold_percent = 15;
    int hold_ttls = 10;  // 0: never hold

    // Limits.
    std::size_t instances_max = 100'000;   // further ones are refused: 503
    std::size_t connections_max = 20'000;  // further ones wait to be accepted
    std::size_t watchers_max = 16'000;     // further ones: 503, so that heartbeats have room
    std::size_t queries_max = 4'000;       // waiting for their turn; further ones: 503

    // Of all requests under way, their URLs, headers and bodies; further ones: 503. Those of up to
    // 4 KiB, which heartbeats are, are always taken.
    std::size_t request_memory_max = 64 * 1024 * 1024;

    // Changes of state: registered, replaced, left, expired.
    Log log = {};
};

// One thread serves; state is in memory, and with data_dir on disk as of the last second or two.
// Thread safety: one owner, any thread; reload() from any thread.
class RegistryServer {
public:
    // Throws std::invalid_argument for options that make no sense, naming the option, and for a
    // token file that cannot be used; std::runtime_error if the data directory cannot be used or
    // another process uses it.
    explicit RegistryServer(RegistryServerOptions options = {});
    // stop().
    ~RegistryServer();
    RegistryServer(const RegistryServer&) = delete;
    RegistryServer& operator=(const RegistryServer&) = delete;

    // Listens and serves. Throws std::system_error that names the address and the reason,
    // std::invalid_argument for a file of .tls that cannot be used. Once.
    void start();

    // Where it listens, with the port chosen; valid after start().
    [[nodiscard]] Endpoint endpoint() const;

    // "http://host:port", or with https; valid after start().
    [[nodiscard]] std::string url() const;

    // Reads the token file and the files of .tls again, for the requests and connections to come;
    // watches that wait with a token that may no longer read are answered 401. A file that cannot
    // be used is logged as an error, and what it said before stays in force.
    void reload();

    // Answers what it has and ends, within half a second. Idempotent.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rollcall::registry
