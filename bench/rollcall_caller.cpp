#include "rollcall_caller.h"

namespace rollcall::bench {
namespace {

class RollcallCaller final : public Caller {
public:
    RollcallCaller(Features features, const Endpoint& server, std::size_t payload_bytes)
        : features_(features),
          client_(server, client_options(features)),
          payload_(payload_bytes, 'x') {
        client_.wait_ready(Deadline::in(std::chrono::seconds{5})).value();
    }

    bool call() override {
        auto echo = echo_of(payload_, features_);
        return client_.call(std::move(echo)).has_value();
    }

private:
    const Features features_;
    rpc::Client client_;
    const std::string payload_;
};

}  // namespace

std::unique_ptr<Caller> connect_rollcall(
    Features features, const Endpoint& server, std::size_t payload_bytes
) {
    // The shared thread would end with each last client; a program that makes many has others.
    static const rpc::IoThreads keep = rpc::IoThreads::shared();
    return std::make_unique<RollcallCaller>(features, server, payload_bytes);
}

}  // namespace rollcall::bench
