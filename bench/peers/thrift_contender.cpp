// Apache Thrift: its nonblocking and its threaded server. Its client has no calls in flight of its
// own; the halves of a call that it generates, send and receive, are called apart for that.

#include "../contender.h"

#include <Echo.h>
#include <poll.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TServerSocket.h>
#include <thrift/transport/TSocket.h>

#ifdef ROLLCALL_BENCH_THRIFT_NONBLOCKING
#include <thrift/server/TNonblockingServer.h>
#include <thrift/transport/TNonblockingServerSocket.h>
#endif

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::bench {
namespace {

using namespace apache::thrift;

class Handler final : public thrift_echo::EchoIf {
    void echo(std::string& reply, const std::string& text) override { reply = text; }
};

// Tells the port once the server listens.
class Told final : public server::TServerEventHandler {
public:
    explicit Told(std::function<void()> tell) : tell_(std::move(tell)) {}

    void preServe() override { tell_(); }

private:
    const std::function<void()> tell_;
};

std::shared_ptr<TProcessor> processor() {
    return std::make_shared<thrift_echo::EchoProcessor>(std::make_shared<Handler>());
}

void serve_threaded(const Listening& listening) {
    auto socket = std::make_shared<transport::TServerSocket>("127.0.0.1", 0);
    server::TThreadedServer server{
        processor(),
        socket,
        std::make_shared<transport::TFramedTransportFactory>(),
        std::make_shared<protocol::TBinaryProtocolFactory>()};
    server.setServerEventHandler(std::make_shared<Told>([&] {
        listening(static_cast<std::uint16_t>(socket->getPort()));
    }));
    server.serve();
}

#ifdef ROLLCALL_BENCH_THRIFT_NONBLOCKING
void serve_nonblocking(const Listening& listening) {
    auto socket = std::make_shared<transport::TNonblockingServerSocket>("127.0.0.1", 0);
    server::TNonblockingServer server{
        processor(), std::make_shared<protocol::TBinaryProtocolFactory>(), socket};
    server.setServerEventHandler(std::make_shared<Told>([&] {
        listening(static_cast<std::uint16_t>(socket->getListenPort()));
    }));
    server.serve();
}
#endif

class Connection {
public:
    explicit Connection(std::uint16_t port)
        : socket_(std::make_shared<transport::TSocket>("127.0.0.1", port)),
          client_(std::make_shared<protocol::TBinaryProtocol>(
              std::make_shared<transport::TFramedTransport>(socket_)
          )) {
        socket_->open();
    }

    void send(const std::string& payload, TimePoint now) {
        client_.send_echo(payload);
        sent_.push_back(now);
    }

    // The time at which the oldest call is over.
    TimePoint receive(Measurement& measurement) {
        client_.recv_echo(reply_);
        const TimePoint now = SteadyClock::now();
        measurement.add(sent_.front(), now);
        sent_.pop_front();
        return now;
    }

    [[nodiscard]] int descriptor() const { return socket_->getSocketFD(); }

private:
    std::shared_ptr<transport::TSocket> socket_;
    thrift_echo::EchoClient client_;
    std::string reply_;
    std::deque<TimePoint> sent_;
};

// A frame is read exactly, so what poll() says of a socket is true of its connection.
void load_thrift(const Endpoint& server, const Workload& workload, Measurement& measurement) {
    const std::string payload(workload.payload_bytes, 'x');
    std::vector<std::unique_ptr<Connection>> connections;
    std::vector<pollfd> polled;
    for (std::size_t i = 0; i < workload.connections; ++i) {
        connections.push_back(std::make_unique<Connection>(server.port()));
        polled.push_back({connections.back()->descriptor(), POLLIN, 0});
    }
    measurement.begin();
    for (const auto& connection : connections) {
        for (std::size_t i = 0; i < workload.in_flight; ++i)
            connection->send(payload, SteadyClock::now());
    }
    for (;;) {
        if (polled.size() > 1) ::poll(polled.data(), polled.size(), -1);
        for (std::size_t i = 0; i < polled.size(); ++i) {
            if (polled.size() > 1 && polled[i].revents == 0) continue;
            const TimePoint now = connections[i]->receive(measurement);
            if (measurement.is_over(now)) return;
            connections[i]->send(payload, now);
        }
    }
}

class ThriftCaller final : public Caller {
public:
    ThriftCaller(const Endpoint& server, std::size_t payload_bytes)
        : socket_(std::make_shared<transport::TSocket>("127.0.0.1", server.port())),
          client_(std::make_shared<protocol::TBinaryProtocol>(
              std::make_shared<transport::TFramedTransport>(socket_)
          )),
          payload_(payload_bytes, 'x') {
        socket_->open();
    }

    // Throws if it fails.
    bool call() override {
        client_.echo(reply_, payload_);
        return reply_.size() == payload_.size();
    }

private:
    std::shared_ptr<transport::TSocket> socket_;
    thrift_echo::EchoClient client_;
    const std::string payload_;
    std::string reply_;
};

std::unique_ptr<Caller> connect_thrift(const Endpoint& server, std::size_t payload_bytes) {
    return std::make_unique<ThriftCaller>(server, payload_bytes);
}

Contender contender(std::string_view name, void (*serve)(const Listening&)) {
    Contender made{name, serve, load_thrift};
    made.connect = connect_thrift;
    made.threads = Threads::have_one_each;
    made.connections = true;
    return made;
}

}  // namespace

Contenders thrift_contenders() {
    return {
#ifdef ROLLCALL_BENCH_THRIFT_NONBLOCKING
        contender("thrift", serve_nonblocking),
#endif
        contender("thrift-threaded", serve_threaded),
    };
}

}  // namespace rollcall::bench
