// Cap'n Proto RPC with the event loop that its manual begins with.

#include "../contender.h"

#include <capnp/ez-rpc.h>
#include <echo.capnp.h>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::bench {
namespace {

// Its servers have no virtual destructor; nobody deletes ours by its base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

class EchoServer final : public capnp_echo::Echo::Server {
    kj::Promise<void> echo(EchoContext context) override {
        context.getResults().setText(context.getParams().getText());
        return kj::READY_NOW;
    }
};

#pragma GCC diagnostic pop

void serve_capnp(const Listening& listening) {
    capnp::EzRpcServer server{kj::heap<EchoServer>(), "127.0.0.1", 0};
    kj::WaitScope& scope = server.getWaitScope();
    listening(static_cast<std::uint16_t>(server.getPort().wait(scope)));
    kj::NEVER_DONE.wait(scope);
}

class Load {
public:
    Load(Measurement& measurement, std::size_t payload_bytes)
        : measurement_(measurement), payload_(payload_bytes, 'x') {}

    // One call in flight, made again and again until the measurement is over.
    kj::Promise<void> call(capnp_echo::Echo::Client& client, TimePoint sent) {
        auto request = client.echoRequest();
        request.setText(
            kj::arrayPtr(reinterpret_cast<const kj::byte*>(payload_.data()), payload_.size())
        );
        return request.send().then([this, &client, sent](auto&&) -> kj::Promise<void> {
            const TimePoint now = SteadyClock::now();
            measurement_.add(sent, now);
            if (measurement_.is_over(now)) return kj::READY_NOW;
            return call(client, now);
        });
    }

private:
    Measurement& measurement_;
    const std::string payload_;
};

void load_capnp(const Endpoint& server, const Workload& workload, Measurement& measurement) {
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    std::vector<std::unique_ptr<capnp::EzRpcClient>> connections;
    std::vector<capnp_echo::Echo::Client> clients;
    for (std::size_t i = 0; i < workload.connections; ++i) {
        connections.push_back(std::make_unique<capnp::EzRpcClient>(address));
        clients.push_back(connections.back()->getMain<capnp_echo::Echo>());
    }
    kj::WaitScope& scope = connections.front()->getWaitScope();
    for (auto& client : clients)
        client.echoRequest().send().wait(scope);
    measurement.begin();
    Load load{measurement, workload.payload_bytes};
    kj::Vector<kj::Promise<void>> calls;
    for (auto& client : clients) {
        for (std::size_t i = 0; i < workload.in_flight; ++i)
            calls.add(load.call(client, SteadyClock::now()));
    }
    kj::joinPromises(calls.releaseAsArray()).wait(scope);
}

// Only for the thread that has made it.
class CapnpCaller final : public Caller {
public:
    CapnpCaller(const Endpoint& server, std::size_t payload_bytes)
        : connection_("127.0.0.1:" + std::to_string(server.port())),
          client_(connection_.getMain<capnp_echo::Echo>()),
          payload_(payload_bytes, 'x') {
        // The bootstrap's answer: there is a connection.
        client_.whenResolved().wait(connection_.getWaitScope());
    }

    // Its members' destructors may throw, by their declaration.
    ~CapnpCaller() noexcept override = default;

    // Throws if it fails.
    bool call() override {
        auto request = client_.echoRequest();
        request.setText(
            kj::arrayPtr(reinterpret_cast<const kj::byte*>(payload_.data()), payload_.size())
        );
        return request.send().wait(connection_.getWaitScope()).getText().size() == payload_.size();
    }

private:
    capnp::EzRpcClient connection_;
    capnp_echo::Echo::Client client_;
    const std::string payload_;
};

std::unique_ptr<Caller> connect_capnp(const Endpoint& server, std::size_t payload_bytes) {
    return std::make_unique<CapnpCaller>(server, payload_bytes);
}

}  // namespace

Contenders capnp_contenders() {
    Contender made{"capnp", serve_capnp, load_capnp};
    made.connect = connect_capnp;
    made.connections = true;
    return {made};
}

}  // namespace rollcall::bench
