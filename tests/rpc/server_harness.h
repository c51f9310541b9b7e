#pragma once
// What the tests of a server share: a server with a few methods, peers that speak raw bytes, a
// bystander who must not notice anything, and a log that is kept.

#include <rollcall/codec/arguments.h>
#include <rollcall/codec/message.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "support/eventually.h"
#include "support/process_facts.h"
#include "support/raw_peer.h"

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace rollcall::rpc::tests {

using rollcall::tests::eventually;
using rollcall::tests::RawPeer;
using rollcall::tests::resident_kib;

// ---- bytes

[[nodiscard]] inline std::string text_of(const codec::Buffer& buffer) {
    return std::string{buffer.view()};
}

template <class... Args>
[[nodiscard]] std::string request(
    std::uint32_t id, std::string_view method, const Args&... arguments
) {
    codec::Buffer out;
    codec::write_request_head(out, id);
    codec::pack_str(out, method);
    codec::pack_arguments(out, arguments...);
    return text_of(out);
}

template <class... Args>
[[nodiscard]] std::string notification(std::string_view method, const Args&... arguments) {
    codec::Buffer out;
    codec::write_notification_head(out);
    codec::pack_str(out, method);
    codec::pack_arguments(out, arguments...);
    return text_of(out);
}

template <class T>
[[nodiscard]] std::string result(std::uint32_t id, const T& value) {
    codec::Buffer out;
    codec::write_result_head(out, id);
    codec::pack(out, value);
    return text_of(out);
}

[[nodiscard]] std::string error(std::uint32_t id, std::string_view text);

// A hello that knows goaway, as a request.
[[nodiscard]] std::string hello(std::uint32_t id, std::string_view token = {});

// One message of the server, with copies of its parts.
struct Answer {
    codec::MessageType type = codec::MessageType::response;
    std::uint32_t id = 0;
    std::string method;  // of a notification
    std::string params;  // of a notification, packed
    std::string error;   // empty if there is none
    std::string result;  // packed
};

// The messages in `bytes`; throws std::runtime_error if they are none.
[[nodiscard]] std::vector<Answer> answers_in(std::string_view bytes);

// The next `count` messages of the server, fewer if it ends or `limit` passes.
[[nodiscard]] std::vector<Answer> receive_answers(
    RawPeer& peer, std::size_t count, Duration limit = std::chrono::seconds{10}
);

// ---- the server

// Keeps what is logged.
class KeptLog {
public:
    [[nodiscard]] Log log();
    // The messages of this level that contain `part`.
    [[nodiscard]] std::size_t count(LogLevel level, std::string_view part) const;
    // All of them, for a failing test.
    [[nodiscard]] std::string text() const;

private:
    struct Kept {
        mutable std::mutex mutex;
        std::vector<std::pair<LogLevel, std::string>> lines;
    };

    std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

// Coroutines wait in it until it is opened.
class Gate {
public:
    [[nodiscard]] asio::awaitable<void> pass();
    void open();

    [[nodiscard]] std::size_t begun() const { return begun_.load(); }

private:
    std::mutex mutex_;
    bool open_ = false;
    std::vector<std::weak_ptr<asio::steady_timer>> waiting_;  // owned by the frames
    std::atomic<std::size_t> begun_{0};
};

// Listens on a free port of 127.0.0.1 with the methods add(int, int), echo(text), size(text),
// big(n), hold(text) and on_pool(): hold waits at `gate`; note(text) counts.
class TestServer {
public:
    explicit TestServer(ServerOptions options = ServerOptions());

    [[nodiscard]] Endpoint endpoint() const { return server.endpoint(); }

    KeptLog log;
    Gate gate;
    std::atomic<std::size_t> notes{0};
    std::atomic<std::size_t> large_results{0};  // that big() has made
    Server server;
};

// Calls `add` all the time, on a connection of its own. Nothing that other peers do may fail one
// of its calls.
class Bystander {
public:
    explicit Bystander(const Endpoint& endpoint, ClientOptions options = ClientOptions());
    ~Bystander();
    Bystander(const Bystander&) = delete;
    Bystander& operator=(const Bystander&) = delete;

    // Waits until it has made a few calls that began after this, and ends; the first failure, or
    // empty.
    [[nodiscard]] std::string undisturbed();

private:
    void run();

    Client client_;
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> calls_{0};
    std::string failure_;  // of the thread until it has ended
    std::thread thread_;
};

// True if the peer sees the end of the stream, by FIN or RST, within `limit`.
[[nodiscard]] bool is_closed(RawPeer& peer, Duration limit = std::chrono::seconds{10});

// Sanitizers keep freed memory and add their own: bounds on memory are not meaningful there.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Makes room for `count` descriptors; throws std::runtime_error with a sentence if it cannot.
void require_descriptors(std::size_t count);

}  // namespace rollcall::rpc::tests
