#pragma once
// What both loads on gRPC have in common.

#include <rollcall/base/endpoint.h>

#include <echo.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <memory>

namespace rollcall::bench {

enum class Security { none, tls };

[[nodiscard]] std::shared_ptr<grpc::ServerCredentials> server_credentials(Security security);

// A channel with a connection of its own, connected; throws std::runtime_error if it cannot be.
[[nodiscard]] std::shared_ptr<grpc::Channel> connected_channel(
    const Endpoint& server, Security security
);

}  // namespace rollcall::bench
