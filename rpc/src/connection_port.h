#pragma once
// How streams reach their connection from any thread.

#include "io_thread.h"
#include "stream_link.h"

#include <memory>
#include <mutex>
#include <vector>

namespace rollcall::rpc {

class Connection;

// Keeps neither the connection nor its thread alive. However many streams have something to do, the
// connection is asked once.
class ConnectionPort final : public StreamPort {
public:
    ConnectionPort(std::weak_ptr<Connection> connection, std::weak_ptr<IoThread> thread)
        : connection_(std::move(connection)), thread_(std::move(thread)) {}

    void wake(const StreamKey& key) override;
    // Asks the connection to look at its streams, though none of them does.
    void wake();

    [[nodiscard]] std::vector<StreamKey> take_woken();

private:
    void post();

    const std::weak_ptr<Connection> connection_;
    const std::weak_ptr<IoThread> thread_;
    std::mutex mutex_;
    std::vector<StreamKey> woken_;
    bool is_posted_ = false;
};

}  // namespace rollcall::rpc
