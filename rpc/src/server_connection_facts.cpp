// What a server's connection tells about itself.

#include "server_connection.h"
#include "server_core.h"
#include "server_shard.h"

#include <utility>

namespace rollcall::rpc {

ConnectionFacts ServerConnection::facts(TimePoint now) const {
    ConnectionFacts facts;
    facts.peer = own_ ? "this process" : stream_.transport().peer();
    facts.age = now - began_;
    facts.is_rollcall = session_.peer_is_rollcall();
    facts.is_encrypted = stream_.transport().is_encrypted();
    facts.in_flight = session_.in_flight();
    facts.requests = messages_;
    facts.bytes_read = stream_.bytes_read();
    facts.bytes_written = stream_.written();
    return facts;
}

void ServerConnection::account_bytes() {
    const std::uint64_t bytes_read = stream_.bytes_read();
    const std::uint64_t written = stream_.written();
    auto& counters = shard_->counters;
    ServerShard::add(counters.bytes_read, bytes_read - std::exchange(told_read_, bytes_read));
    ServerShard::add(counters.bytes_written, written - std::exchange(told_written_, written));
}

}  // namespace rollcall::rpc
