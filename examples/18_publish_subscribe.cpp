// 18: publish and subscribe, on top of calls in both directions. The server keeps a list of who
// wants what and notifies them; a client that loses its connection subscribes again by itself.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace rpc = rollcall::rpc;
using namespace std::chrono_literals;

namespace {

namespace board {
constexpr rpc::Method<void(std::string)> subscribe{"subscribe", rpc::idempotent};
constexpr rpc::Method<int(std::string, std::string)> publish{"publish"};
constexpr rpc::Method<void(std::string, std::string)> news{"news"};  // of the clients
}  // namespace board

// Who wants which topic. Handlers may run on several threads.
class Topics {
public:
    void serve(rpc::Server& server) {
        server.handle(board::subscribe, [this](rpc::Context& context, const std::string& topic) {
            const std::lock_guard lock{mutex_};
            subscribers_[topic][context.peer().id()] = context.peer();
        });
        server.handle(board::publish, [this](const std::string& topic, const std::string& text) {
            // To a peer that does not read, notifications are dropped: it holds up nobody.
            const std::lock_guard lock{mutex_};
            const auto news = board::news(topic, text);
            for (const auto& [id, peer] : subscribers_[topic])
                peer.notify(news);
            return static_cast<int>(subscribers_[topic].size());
        });
        server.on_disconnect([this](const rpc::Peer& peer, std::string_view) {
            const std::lock_guard lock{mutex_};
            for (auto& [topic, peers] : subscribers_)
                peers.erase(peer.id());
        });
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::map<std::uint64_t, rpc::Peer>> subscribers_;
};

// A client that listens.
class Listener {
public:
    Listener(const rollcall::Endpoint& server, const std::string& topic) : client_(server) {
        client_.handle(board::news, [this](const std::string& about, const std::string& text) {
            const std::lock_guard lock{mutex_};
            heard_.push_back(about + ": " + text);
            changed_.notify_all();
        });
        // For every connection: the server forgets those that end.
        client_.on_connect([topic](const rpc::Peer& peer) {
            peer.async_call(board::subscribe(topic), [](const rollcall::Result<void>&) {});
        });
        client_.keep_connected();
    }

    // The first `count` things that were heard, or fewer after ten seconds.
    [[nodiscard]] std::vector<std::string> wait(std::size_t count) {
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, 10s, [&] { return heard_.size() >= count; });
        return heard_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> heard_;
    rpc::Client client_;  // last: its handlers use the others
};

// Until so many have got it, or ten seconds have passed.
bool publish(rpc::Client& client, const std::string& topic, const std::string& text, int readers) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < end) {
        if (client.call(board::publish(topic, text)).value_or(0) == readers) return true;
    }
    return false;
}

}  // namespace

int main() {
    lesson::Lesson lesson;

    Topics topics;
    rpc::Server server;
    topics.serve(server);
    server.start();

    Listener weather{server.endpoint(), "weather"};
    Listener sport{server.endpoint(), "sport"};
    rpc::Client reporter{server.endpoint()};
    lesson.show(publish(reporter, "weather", "rain", 1), "one has asked for the weather");
    lesson.show(publish(reporter, "sport", "1:0", 1), "another one for sport");
    lesson.show(weather.wait(1).at(0) == "weather: rain", "the first hears of the rain");
    lesson.show(sport.wait(1).at(0) == "sport: 1:0", "the second of the goal");
    return lesson.exit_status();
}
