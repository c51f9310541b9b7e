#pragma once
// A plain blocking socket that sends arbitrary bytes: the hostile or foreign peer of a test.

#include <rollcall/base/clock.h>
#include <rollcall/base/endpoint.h>

#include <string>
#include <string_view>

namespace rollcall::tests {

// What the kernel may keep of a connection for a reader that does not read.
enum class Buffers {
    usual,   // megabytes
    narrow,  // some ten KiB, at both ends
};

// Owns one file descriptor. One thread at a time. Throws std::system_error when it cannot dial.
class RawPeer {
public:
    // Dials a loopback endpoint.
    explicit RawPeer(const Endpoint& endpoint, Buffers buffers = Buffers::usual);
    // Takes over a connected descriptor.
    explicit RawPeer(int descriptor);
    RawPeer(RawPeer&& other) noexcept;
    RawPeer& operator=(RawPeer&& other) noexcept;
    ~RawPeer();

    // All of it, or false if the peer has gone. Never raises SIGPIPE.
    bool send(std::string_view bytes);
    // Sends `piece` again and again until the peer has had enough: whether that came before
    // `most` bytes. Far more than what the buffers of both ends hold, so that a peer that is
    // merely slow to close is not taken for one that reads on.
    [[nodiscard]] bool is_cut_off(std::string_view piece, std::size_t most = 1U << 28);
    // What arrives within `limit`, at most `max_bytes`: empty at the end of the stream or when
    // nothing came. at_end() tells the two apart.
    [[nodiscard]] std::string receive(
        std::size_t max_bytes = 65536, Duration limit = std::chrono::seconds{10}
    );
    // Exactly `bytes`, or fewer if the stream ended or `limit` passed.
    [[nodiscard]] std::string receive_exactly(
        std::size_t bytes, Duration limit = std::chrono::seconds{10}
    );
    // Everything until the end of the stream.
    [[nodiscard]] std::string receive_all(Duration limit = std::chrono::seconds{10});

    [[nodiscard]] bool at_end() const { return at_end_; }

    // Ends the sending side (FIN).
    void finish();
    // Closes with RST instead of FIN.
    void reset();
    void close();
    // A small receive buffer, to be set before anything is received.
    void set_receive_buffer(int bytes);

    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_ = -1;
    bool at_end_ = false;
};

// A listening socket on 127.0.0.1:0 for tests that play the server by hand.
class RawListener {
public:
    explicit RawListener(Buffers buffers = Buffers::usual);
    ~RawListener();
    RawListener(const RawListener&) = delete;
    RawListener& operator=(const RawListener&) = delete;

    [[nodiscard]] Endpoint endpoint() const { return endpoint_; }

    // The next connection; throws std::runtime_error after `limit`.
    [[nodiscard]] RawPeer accept(Duration limit = std::chrono::seconds{10});
    void close();

    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_ = -1;
    Endpoint endpoint_;
};

}  // namespace rollcall::tests
