// gRPC C++: the callback API on the client's side, and both kinds of server.

#include "../contender.h"
#include "grpc_caller.h"
#include "grpc_channel.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::bench {
namespace {

class CallbackEcho final : public pb::Echo::CallbackService {
    grpc::ServerUnaryReactor* echo(
        grpc::CallbackServerContext* context, const pb::Text* request, pb::Text* reply
    ) override {
        reply->set_text(request->text());
        grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};

class SyncEcho final : public pb::Echo::Service {
    grpc::Status echo(grpc::ServerContext*, const pb::Text* request, pb::Text* reply) override {
        reply->set_text(request->text());
        return grpc::Status::OK;
    }
};

template <class Service>
void serve_grpc(Security security, const Listening& listening) {
    Service service;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(-1);
    builder.AddListeningPort("127.0.0.1:0", server_credentials(security), &port);
    builder.RegisterService(&service);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    listening(static_cast<std::uint16_t>(port));
    server->Wait();
}

// What all calls share. gRPC completes them on threads of its own choice.
class Load {
public:
    Load(Measurement& measurement, std::size_t calls)
        : measurement_(measurement), running_(calls) {}

    // False when the measurement is over.
    [[nodiscard]] bool count(TimePoint sent, TimePoint now, bool ok) {
        const std::lock_guard lock{mutex_};
        if (ok) {
            measurement_.add(sent, now);
        } else {
            measurement_.add_failure();
        }
        if (!measurement_.is_over(now)) return true;
        if (--running_ == 0) over_.notify_one();
        return false;
    }

    void wait() {
        std::unique_lock lock{mutex_};
        over_.wait(lock, [this] { return running_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable over_;
    Measurement& measurement_;
    std::size_t running_;
};

// One call in flight, made again and again.
class Caller {
public:
    Caller(pb::Echo::Stub& stub, const std::string& payload, Load& load)
        : stub_(stub), load_(load) {
        request_.set_text(payload);
    }

    void call(TimePoint sent) {
        sent_ = sent;
        context_ = std::make_unique<grpc::ClientContext>();
        stub_.async()->echo(context_.get(), &request_, &reply_, [this](const grpc::Status& status) {
            const TimePoint now = SteadyClock::now();
            if (load_.count(sent_, now, status.ok())) call(now);
        });
    }

private:
    pb::Echo::Stub& stub_;
    Load& load_;
    pb::Text request_;
    pb::Text reply_;
    TimePoint sent_;
    std::unique_ptr<grpc::ClientContext> context_;  // good for one call
};

void load_grpc(
    Security security, const Endpoint& server, const Workload& workload, Measurement& measurement
) {
    const std::string payload(workload.payload_bytes, 'x');
    std::vector<std::unique_ptr<pb::Echo::Stub>> stubs;
    std::vector<std::unique_ptr<Caller>> callers;
    Load load{measurement, workload.connections * workload.in_flight};
    for (std::size_t i = 0; i < workload.connections; ++i) {
        stubs.push_back(pb::Echo::NewStub(connected_channel(server, security)));
        for (std::size_t call = 0; call < workload.in_flight; ++call)
            callers.push_back(std::make_unique<Caller>(*stubs.back(), payload, load));
    }
    measurement.begin();
    for (const auto& caller : callers)
        caller->call(SteadyClock::now());
    load.wait();
}

template <class Service>
Contender contender(std::string_view name, Security security) {
    Contender made;
    made.name = name;
    made.serve = [=](const Listening& listening) { serve_grpc<Service>(security, listening); };
    made.load = [=](const Endpoint& server, const Workload& workload, Measurement& measurement) {
        load_grpc(security, server, workload, measurement);
    };
    made.connect = [=](const Endpoint& server, std::size_t payload_bytes) {
        return connect_grpc(security, server, payload_bytes);
    };
    made.encrypted = security == Security::tls;
    return made;
}

}  // namespace

Contenders grpc_contenders() {
    Contender plain = contender<CallbackEcho>("grpc", Security::none);
    plain.connections = true;
    Contender encrypted = contender<CallbackEcho>("grpc-tls", Security::tls);
    encrypted.connections = true;
    Contender sync = contender<SyncEcho>("grpc-sync", Security::none);
    sync.threads = Threads::share_a_client;
    return {plain, encrypted, sync};
}

}  // namespace rollcall::bench
