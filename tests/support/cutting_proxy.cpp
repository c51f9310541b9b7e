#include "support/cutting_proxy.h"

#include <rollcall/base/thread.h>

#include "support/raw_peer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace rollcall::tests {

class CuttingProxy::Relay {
public:
    Relay(const Endpoint& server, Cut cut) : cut_(cut), server_(server) {
        if (::pipe2(wake_.data(), O_CLOEXEC) != 0)
            throw std::system_error{errno, std::generic_category(), "pipe"};
        thread_ = start_thread("cutting-proxy", [this] { run(); });
    }

    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    ~Relay() {
        ::close(wake_[1]);
        thread_.join();
        ::close(wake_[0]);
    }

    RawListener listener;
    std::array<std::atomic<std::uint64_t>, 2> forwarded{};
    std::atomic<unsigned> connections{0};

    void point_to(const Endpoint& server) {
        const std::lock_guard lock{mutex_};
        server_ = server;
    }

    [[nodiscard]] std::vector<Recording> recordings() const {
        const std::lock_guard lock{mutex_};
        return recordings_;
    }

private:
    static constexpr std::size_t kToServer = 0;
    static constexpr std::size_t kToClient = 1;

    struct Pair {
        std::array<RawPeer, 2> ends;  // the client's, the server's
        bool may_cut = false;
        std::size_t number = 0;
    };

    void run() {
        for (;;) {
            std::vector<pollfd> entries{{wake_[0], POLLIN, 0}, {listener.descriptor(), POLLIN, 0}};
            for (const Pair& pair : pairs_) {
                for (const RawPeer& end : pair.ends)
                    entries.push_back({end.descriptor(), POLLIN, 0});
            }
            if (::poll(entries.data(), entries.size(), -1) < 0) continue;
            if (entries[0].revents != 0) return;
            for (std::size_t i = 2; i < entries.size(); ++i) {
                if (entries[i].revents != 0) forward(pairs_[(i - 2) / 2], (i - 2) % 2);
            }
            std::erase_if(pairs_, [](const Pair& pair) { return pair.ends[0].descriptor() < 0; });
            if (entries[1].revents != 0) accept();
        }
    }

    void accept() {
        RawPeer client = listener.accept();
        const bool first = connections++ == 0;
        try {
            pairs_.push_back(Pair{{std::move(client), RawPeer{server()}}, first, next_recording()});
        } catch (const std::system_error&) {
            return;  // the server has gone: the client's end closes with this scope
        }
        if (first && cut_.bytes == 0) cut(pairs_.back());
    }

    // One read from one end of a pair, to the other.
    void forward(Pair& pair, std::size_t direction) {
        if (pair.ends[0].descriptor() < 0) return;  // cut in this very turn
        const std::size_t cut_direction =
            cut_.direction == Direction::to_server ? kToServer : kToClient;
        std::string bytes = pair.ends[direction].receive();
        if (bytes.empty()) return close(pair);
        const bool counts = pair.may_cut && direction == cut_direction;
        if (counts) {
            const std::uint64_t left = cut_.bytes - forwarded[direction];
            bytes.resize(std::min<std::uint64_t>(bytes.size(), left));
        }
        if (pair.may_cut) forwarded[direction] += bytes.size();
        record(pair.number, direction, bytes);
        static_cast<void>(pair.ends[1 - direction].send(bytes));
        if (counts && forwarded[direction] == cut_.bytes) cut(pair);
    }

    [[nodiscard]] Endpoint server() const {
        const std::lock_guard lock{mutex_};
        return server_;
    }

    std::size_t next_recording() {
        const std::lock_guard lock{mutex_};
        recordings_.emplace_back();
        return recordings_.size() - 1;
    }

    // Before they are sent on: whoever has read them finds them recorded.
    void record(std::size_t number, std::size_t direction, const std::string& bytes) {
        const std::lock_guard lock{mutex_};
        Recording& recording = recordings_[number];
        (direction == kToServer ? recording.to_server : recording.to_client) += bytes;
    }

    void cut(Pair& pair) const {
        if (cut_.how == How::rst) {
            for (RawPeer& end : pair.ends)
                end.reset();
        } else {
            close(pair);
        }
    }

    // Unread bytes would turn the FIN into a reset.
    static void close(Pair& pair) {
        for (RawPeer& end : pair.ends) {
            std::array<char, 4096> unread{};
            while (::recv(end.descriptor(), unread.data(), unread.size(), MSG_DONTWAIT) > 0) {
            }
            end.close();
        }
    }

    const Cut cut_;
    std::array<int, 2> wake_{};
    std::vector<Pair> pairs_;
    mutable std::mutex mutex_;
    Endpoint server_;
    std::vector<Recording> recordings_;
    std::thread thread_;
};

CuttingProxy::CuttingProxy(const Endpoint& server) : CuttingProxy(server, Cut{}) {
}

CuttingProxy::CuttingProxy(const Endpoint& server, Cut cut)
    : relay_(std::make_unique<Relay>(server, cut)) {
}

CuttingProxy::~CuttingProxy() = default;

void CuttingProxy::point_to(const Endpoint& server) {
    relay_->point_to(server);
}

Endpoint CuttingProxy::endpoint() const {
    return relay_->listener.endpoint();
}

std::uint64_t CuttingProxy::forwarded(Direction direction) const {
    return relay_->forwarded[direction == Direction::to_server ? 0 : 1];
}

std::vector<CuttingProxy::Recording> CuttingProxy::recordings() const {
    return relay_->recordings();
}

unsigned CuttingProxy::connections() const {
    return relay_->connections;
}

}  // namespace rollcall::tests
