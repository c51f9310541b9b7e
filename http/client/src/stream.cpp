#include <rollcall/http/stream.h>

#include "connector.h"
#include "dial.h"

#include <array>
#include <optional>
#include <system_error>
#include <utility>

namespace rollcall::http {
namespace {

// Runs `work(bounds)` with a flag that `stop` raises.
template <class Work>
auto bounded(Deadline deadline, const std::stop_token& stop, Work work)
    -> decltype(work(std::declval<const IoBounds&>())) {
    Wake wake;
    const std::stop_callback on_stop{stop, [&wake] { wake.raise(); }};
    return work(IoBounds{deadline, wake});
}

Error error_of(const Transfer& transfer, const Channel& channel) {
    if (auto failure = channel.failure()) return *std::move(failure);
    switch (transfer.end) {
        case IoEnd::timed_out:
            return Error{Errc::timed_out, "the server did not answer in time"};
        case IoEnd::cancelled:
            return Error{Errc::cancelled, "cancelled"};
        case IoEnd::ready:
        case IoEnd::closed:
        case IoEnd::cut:
            return Error{Errc::connection_lost, "the server closed the connection"};
        case IoEnd::failed:
            break;
    }
    return Error{
        Errc::connection_lost,
        "the connection failed: " + std::generic_category().message(transfer.error)};
}

Error not_open() {
    return Error{Errc::connection_lost, "the connection is not open"};
}

}  // namespace

class Stream::Core {
public:
    Core(Endpoint server, const StreamOptions& options) : connector(std::move(server), options) {}

    ~Core() { close(); }

    // The channel says goodbye over the socket.
    void close() noexcept {
        if (!connection) return;
        connection->channel.reset();
        connection.reset();
    }

    Connector connector;
    std::optional<OpenConnection> connection;
};

Stream::Stream(Endpoint server, const StreamOptions& options)
    : core_(std::make_unique<Core>(std::move(server), options)) {
}

Stream::~Stream() = default;

Result<void> Stream::open(Deadline deadline, const std::stop_token& stop) {
    if (core_->connection) return {};
    auto connection = bounded(deadline, stop, [&](const IoBounds& bounds) {
        return core_->connector.connect(bounds);
    });
    if (!connection) return connection.error();
    core_->connection.emplace(*std::move(connection));
    return {};
}

bool Stream::is_open() const noexcept {
    return core_->connection.has_value();
}

Result<void> Stream::write(std::string_view bytes, Deadline deadline, const std::stop_token& stop) {
    if (!core_->connection) return not_open();
    Channel& channel = *core_->connection->channel;
    const Transfer sent = bounded(deadline, stop, [&](const IoBounds& bounds) {
        return channel.write_all(bytes.data(), bytes.size(), bounds);
    });
    if (sent.end != IoEnd::ready) return error_of(sent, channel);
    return {};
}

Result<std::string> Stream::read(Deadline deadline, const std::stop_token& stop) {
    if (!core_->connection) return not_open();
    Channel& channel = *core_->connection->channel;
    std::array<char, 16 * 1024> buffer;
    const Transfer got = bounded(deadline, stop, [&](const IoBounds& bounds) {
        return channel.read_some(buffer.data(), buffer.size(), bounds);
    });
    if (got.end != IoEnd::ready) return error_of(got, channel);
    return std::string{buffer.data(), got.bytes};
}

Result<std::string> Stream::local_address() const {
    if (!core_->connection) return not_open();
    return local_address_of(core_->connection->socket.get());
}

void Stream::close() noexcept {
    core_->close();
}

const Endpoint& Stream::server() const noexcept {
    return core_->connector.server();
}

class Names::Core {
public:
    explicit Core(Lookup lookup) : resolver(std::move(lookup)) {}

    Resolver resolver;
};

Names::Names(Lookup lookup) : core_(std::make_unique<Core>(std::move(lookup))) {
}

Names::~Names() = default;

Result<std::vector<std::string>> Names::addresses(
    const std::string& host, Deadline deadline, const std::stop_token& stop
) {
    return bounded(deadline, stop, [&](const IoBounds& bounds) {
        return core_->resolver.resolve(Endpoint{host, 0}, bounds);
    });
}

}  // namespace rollcall::http
