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
#include <utility>
#include <vector>

namespace rollcall::tests {

class CuttingProxy::Relay {
public:
    Relay(const Endpoint& server, Cut cut) : listener(buffers_of(cut)), cut_(cut), server_(server) {
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
    std::atomic<bool> has_held{false};

    void point_to(const Endpoint& server) {
        const std::lock_guard lock{mutex_};
        server_ = server;
    }

    // What is to be done with the first connection, by one letter.
    void tell(char what) {
        if (::write(wake_[1], &what, 1) != 1)
            throw std::system_error{errno, std::generic_category(), "write"};
    }

    [[nodiscard]] std::vector<Recording> recordings() const {
        const std::lock_guard lock{mutex_};
        return recordings_;
    }

    static constexpr char kResume = 'g';
    static constexpr char kFin = 'f';
    static constexpr char kRst = 'r';

private:
    static constexpr std::size_t kToServer = 0;
    static constexpr std::size_t kToClient = 1;

    struct Pair {
        std::array<RawPeer, 2> ends;  // the client's, the server's
        bool may_cut = false;
        std::size_t number = 0;
        std::array<std::string, 2> unsent;  // to whom each direction leads
        std::array<bool, 2> held{};
        std::string kept_back;  // of a held direction

        [[nodiscard]] bool is_open() const { return ends[0].descriptor() >= 0; }
    };

    // Those of held connections fill up at once.
    static Buffers buffers_of(const Cut& cut) {
        return cut.how == How::hold ? Buffers::narrow : Buffers::usual;
    }

    void run() {
        for (;;) {
            std::vector<pollfd> entries{{wake_[0], POLLIN, 0}, {listener.descriptor(), POLLIN, 0}};
            for (const Pair& pair : pairs_) {
                entries.push_back(entry_of(pair, kToServer));
                entries.push_back(entry_of(pair, kToClient));
            }
            if (::poll(entries.data(), entries.size(), -1) < 0) continue;
            if (entries[0].revents != 0 && !obey()) return;
            for (std::size_t i = 2; i < entries.size(); ++i) {
                if (entries[i].revents != 0) forward(pairs_[(i - 2) / 2], (i - 2) % 2);
            }
            std::erase_if(pairs_, [](const Pair& pair) { return !pair.is_open(); });
            if (entries[1].revents != 0) accept();
        }
    }

    // What a direction waits for: bytes of its sender, or room at its receiver.
    static pollfd entry_of(const Pair& pair, std::size_t direction) {
        if (!pair.unsent[direction].empty())
            return {pair.ends[1 - direction].descriptor(), POLLOUT, 0};
        return {pair.held[direction] ? -1 : pair.ends[direction].descriptor(), POLLIN, 0};
    }

    // False: it is over.
    bool obey() {
        char what = 0;
        if (::read(wake_[0], &what, 1) != 1) return false;
        for (Pair& pair : pairs_) {
            if (!pair.may_cut) continue;
            if (what != kResume) {
                cut(pair, what == kRst ? How::rst : How::fin);
            } else {
                pair.may_cut = false;
                pair.held = {};
                pair.unsent[cut_direction()] += std::exchange(pair.kept_back, {});
            }
        }
        return true;
    }

    void accept() {
        RawPeer client = listener.accept();
        const bool first = connections++ == 0;
        try {
            pairs_.push_back(Pair{
                {std::move(client), RawPeer{server(), buffers_of(cut_)}},
                first,
                next_recording(),
                {},
                {},
                {}});
        } catch (const std::system_error&) {
            return;  // the server has gone: the client's end closes with this scope
        }
        if (first && cut_.bytes == 0) cut(pairs_.back(), cut_.how);
    }

    // One read from one end of a pair, to the other; or what is left of the last one.
    void forward(Pair& pair, std::size_t direction) {
        if (!pair.is_open()) return;  // cut in this very turn
        std::string& unsent = pair.unsent[direction];
        const bool counts = pair.may_cut && direction == cut_direction();
        if (unsent.empty()) {
            unsent = pair.ends[direction].receive();
            if (unsent.empty()) return close(pair);
            if (counts) keep_back(pair, unsent);
            if (pair.may_cut) forwarded[direction] += unsent.size();
            record(pair.number, direction, unsent);
        }
        const int to = pair.ends[1 - direction].descriptor();
        const auto n = ::send(to, unsent.data(), unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) unsent.clear();  // nobody is there
        if (n > 0) unsent.erase(0, static_cast<std::size_t>(n));
        if (counts && unsent.empty() && forwarded[direction] == cut_.bytes) cut(pair, cut_.how);
    }

    // What has come of `bytes` behind the cut.
    void keep_back(Pair& pair, std::string& bytes) const {
        const std::uint64_t left = cut_.bytes - forwarded[cut_direction()];
        if (bytes.size() <= left) return;
        pair.kept_back = bytes.substr(left);
        bytes.resize(left);
    }

    [[nodiscard]] std::size_t cut_direction() const {
        return cut_.direction == Direction::to_server ? kToServer : kToClient;
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

    void cut(Pair& pair, How how) {
        if (how == How::hold) {
            pair.held[cut_direction()] = true;
            has_held = true;
        } else if (how == How::rst) {
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

bool CuttingProxy::has_held() const {
    return relay_->has_held;
}

void CuttingProxy::resume() {
    relay_->tell(Relay::kResume);
}

void CuttingProxy::cut(How how) {
    relay_->tell(how == How::rst ? Relay::kRst : Relay::kFin);
}

unsigned CuttingProxy::connections() const {
    return relay_->connections;
}

}  // namespace rollcall::tests
