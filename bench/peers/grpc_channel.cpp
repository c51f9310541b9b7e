#include "grpc_channel.h"

#include "../tls_files.h"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace rollcall::bench {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(Security security) {
    if (security == Security::none) return grpc::InsecureChannelCredentials();
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = text_of(tls_files().authority);
    return grpc::SslCredentials(options);
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(Security security) {
    if (security == Security::none) return grpc::InsecureServerCredentials();
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back(
        {text_of(tls_files().key), text_of(tls_files().certificate)}
    );
    return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::Channel> connected_channel(const Endpoint& server, Security security) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
        "127.0.0.1:" + std::to_string(server.port()), channel_credentials(security), arguments
    );
    const auto soon = std::chrono::system_clock::now() + std::chrono::seconds{5};
    if (!channel->WaitForConnected(soon)) throw std::runtime_error{"gRPC does not connect"};
    return channel;
}

}  // namespace rollcall::bench
