#pragma once
// Who is connected to a server, as its program hears of it.

#include <rollcall/rpc/server.h>

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::rpc::tests {

// Outlives the server to which it is attached. Thread safety: any thread.
class Guests {
public:
    void attach(Server& server) {
        server.on_connect([this](const Peer& peer) {
            const std::lock_guard lock{mutex_};
            here_.push_back(peer);
        });
        server.on_disconnect([this](const Peer& peer, std::string_view reason) {
            const std::lock_guard lock{mutex_};
            std::erase(here_, peer);
            reasons_.emplace_back(reason);
        });
    }

    [[nodiscard]] std::vector<Peer> here() const {
        const std::lock_guard lock{mutex_};
        return here_;
    }

    [[nodiscard]] std::vector<std::string> reasons() const {
        const std::lock_guard lock{mutex_};
        return reasons_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<Peer> here_;
    std::vector<std::string> reasons_;
};

}  // namespace rollcall::rpc::tests
