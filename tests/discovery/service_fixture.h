#pragma once
// Servers, hand-made peers and a client of all of them.

#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>
#include <rollcall/testing/in_memory_discovery.h>

#include "support/raw_peer.h"

#include <asio/post.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace rollcall::tests {

namespace contract {
inline constexpr rpc::Method<int(int, int)> add{"add", rpc::idempotent};
inline constexpr rpc::Method<int(int, int)> add_once{"add_once"};
inline constexpr rpc::Method<std::string()> whoami{"whoami", rpc::idempotent};
inline constexpr rpc::Method<std::string()> whoami_once{"whoami_once"};
inline constexpr rpc::Method<int()> fail{"fail", rpc::idempotent};
inline constexpr rpc::Method<void(int)> note{"note"};
}  // namespace contract

// A server of the contract on 127.0.0.1.
class ContractServer {
public:
    explicit ContractServer(const std::string& listen = "127.0.0.1:0") : server_(options(listen)) {
        const auto add = [this](int a, int b) { return ++calls, a + b; };
        server_.handle(contract::add, add);
        server_.handle(contract::add_once, add);
        const auto whoami = [this] { return ++calls, endpoint().to_string(); };
        server_.handle(contract::whoami, whoami);
        server_.handle(contract::whoami_once, whoami);
        server_.handle(contract::fail, [this]() -> int {
            ++calls;
            throw std::runtime_error{"it went wrong"};
        });
        server_.handle(contract::note, [this](int) { ++calls; });
        server_.start();
    }

    [[nodiscard]] Endpoint endpoint() const { return server_.endpoint(); }

    [[nodiscard]] std::string id() const { return endpoint().to_string(); }

    [[nodiscard]] rpc::Server& server() { return server_; }

    // Ends as if it had been killed: everything is closed at once.
    void kill() { server_.stop(Duration{0}); }

    std::atomic<int> calls{0};

private:
    static rpc::ServerOptions options(const std::string& listen) {
        rpc::ServerOptions options;
        options.listen = listen;
        options.log = Log::none();
        return options;
    }

    rpc::Server server_;
};

// Accepts, reads and never answers: a stopped process. Or, if told to, closes what it has read.
class SilentServer {
public:
    enum class Manner { keeps_silent, closes_after_reading };

    explicit SilentServer(Manner manner = Manner::keeps_silent)
        : manner_(manner), thread_([this] { run(); }) {}

    ~SilentServer() {
        stop_ = true;
        const RawPeer wake{endpoint()};
        thread_.join();
    }

    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;

    [[nodiscard]] Endpoint endpoint() const { return listener_.endpoint(); }

    std::atomic<int> accepted{0};

private:
    void run() {
        std::vector<RawPeer> peers;
        while (true) {
            RawPeer peer = listener_.accept(std::chrono::hours{1});
            if (stop_) return;
            ++accepted;
            // The hello alone is shorter.
            if (manner_ == Manner::closes_after_reading) {
                std::string read;
                while (read.find("add") == std::string::npos && !peer.at_end())
                    read += peer.receive();
                peer.close();
            } else {
                peers.push_back(std::move(peer));
            }
        }
    }

    const Manner manner_;
    RawListener listener_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

// An endpoint that refuses connections for as long as this lives: its port is taken, so that nobody
// else gets it, but nobody listens.
class RefusingEndpoint {
public:
    RefusingEndpoint() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(descriptor_, generic, size) != 0 ||
            ::getsockname(descriptor_, generic, &size) != 0)
            throw std::system_error{errno, std::generic_category(), "no port to refuse at"};
        endpoint_ = Endpoint{"127.0.0.1", ntohs(address.sin_port)};
    }

    ~RefusingEndpoint() { release(); }

    RefusingEndpoint(const RefusingEndpoint&) = delete;
    RefusingEndpoint& operator=(const RefusingEndpoint&) = delete;

    // Leaves the port to whoever listens there next.
    void release() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

private:
    int descriptor_;
    Endpoint endpoint_;
};

// Chooses by the order in which it was given the ids; others come last.
class FixedOrder final : public discovery::Selector {
public:
    explicit FixedOrder(std::vector<std::string> ids) : ids_(std::move(ids)) {}

    [[nodiscard]] std::size_t choose(const discovery::Candidates& candidates) override {
        for (const std::string& id : ids_) {
            for (std::size_t i = 0; i < candidates.size(); ++i) {
                if (candidates[i].id == id) return i;
            }
        }
        return 0;
    }

private:
    const std::vector<std::string> ids_;
};

// Runs `work` on an I/O thread and waits until it is over.
template <class Work>
void run_on(const rpc::IoThreads& threads, Work work) {
    asio::post(threads.executor(), asio::use_future(std::move(work))).wait();
}

[[nodiscard]] inline discovery::InstanceState state_of(
    const discovery::ServiceClient& client, const Endpoint& endpoint
) {
    for (discovery::InstanceState& state : client.state()) {
        if (state.instance.endpoint() == endpoint) return state;
    }
    return {};
}

[[nodiscard]] inline discovery::ServiceClientOptions prefer(const Endpoint& first) {
    discovery::ServiceClientOptions options;
    options.selector = std::make_shared<FixedOrder>(std::vector{first.to_string()});
    options.client.log = Log::none();
    return options;
}

}  // namespace rollcall::tests
