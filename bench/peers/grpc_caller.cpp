#include "grpc_caller.h"

#include <grpc/grpc.h>
#include <string>

namespace rollcall::bench {
namespace {

class GrpcCaller final : public Caller {
public:
    GrpcCaller(Security security, const Endpoint& server, std::size_t payload_bytes)
        : stub_(pb::Echo::NewStub(connected_channel(server, security))),
          payload_(payload_bytes, 'x') {}

    bool call() override {
        grpc::ClientContext context;
        pb::Text request;
        pb::Text reply;
        request.set_text(payload_);
        return stub_->echo(&context, request, &reply).ok();
    }

private:
    const std::unique_ptr<pb::Echo::Stub> stub_;
    const std::string payload_;
};

}  // namespace

std::unique_ptr<Caller> connect_grpc(
    Security security, const Endpoint& server, std::size_t payload_bytes
) {
    // Its threads would end with each last channel; a program that makes many has others.
    static const bool kept = (grpc_init(), true);
    static_cast<void>(kept);
    return std::make_unique<GrpcCaller>(security, server, payload_bytes);
}

}  // namespace rollcall::bench
