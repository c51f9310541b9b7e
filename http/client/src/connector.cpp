#include "connector.h"

#include "dial.h"
#include "tls_channel.h"

#include <utility>

namespace rollcall::http {

Connector::Connector(Endpoint server, const StreamOptions& options)
    : server_(std::move(server)), options_(options), resolver_(options.lookup) {
}

Result<OpenConnection> Connector::connect(const IoBounds& bounds) {
    auto addresses = resolver_.resolve(server_, bounds);
    if (!addresses) return addresses.error();
    auto descriptor = dial(*addresses, {server_.port(), options_.connect_timeout}, bounds);
    if (!descriptor) return descriptor.error();
    OpenConnection open;
    open.socket = FileDescriptor{*descriptor};
    if (!options_.is_encrypted) {
        open.channel = std::make_unique<PlainChannel>(*descriptor);
        return open;
    }
    auto channel = TlsChannel::connect(*descriptor, server_, options_.tls, bounds);
    if (!channel) return channel.error();
    open.channel = *std::move(channel);
    return open;
}

}  // namespace rollcall::http
