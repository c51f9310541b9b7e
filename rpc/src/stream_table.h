#pragma once
// The streams of one connection: messages in, messages out. No I/O.

#include <rollcall/rpc/reply.h>

#include "stream_link.h"

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace rollcall::rpc {

// What the peer of a connection has said about streams.
struct StreamPeer {
    std::uint64_t window = 0;
    std::size_t max_message_bytes = 0;  // messages to it, and items
};

// Of the connection's I/O thread. Streams that both sides have opened; the keys tell them apart.
class StreamTable {
public:
    using Link = std::shared_ptr<StreamLink>;

    StreamTable(
        const StreamOptions& options, const codec::Limits& items, std::shared_ptr<StreamPort> port
    );
    ~StreamTable();
    StreamTable(const StreamTable&) = delete;
    StreamTable& operator=(const StreamTable&) = delete;

    // Whether one more may be opened by this side, or by the peer.
    [[nodiscard]] bool has_room(bool ours) const noexcept {
        return (ours ? opened_ : accepted_) < options_.max_streams;
    }

    // This side's request with this id opens it.
    void open(std::uint32_t id, const StreamPipePtr& pipe, StreamSides sides, StreamPeer peer);
    // A request of the peer does. Its handler finds the stream in the request.
    void accept(const std::shared_ptr<ActiveRequest>& request, StreamSides sides, StreamPeer peer);

    // `$/data`, `$/credit` or `$/end`. What is about no stream of this connection is passed over:
    // it may have ended meanwhile.
    void on_message(codec::Bytes method, codec::Bytes params);

    // The time of what comes next: messages are not all asked for it.
    void set_now(TimePoint now) noexcept { now_ = now; }

    // The program has done something with these.
    void touch(const std::vector<StreamKey>& keys);

    // The handler of an accepted stream has ended: this is what is to be answered, behind what it
    // has written.
    void finish(
        const std::shared_ptr<ActiveRequest>& request, Result<void>&& ended, codec::Buffer&& result
    );

    // Whether pump() has anything to look at.
    [[nodiscard]] bool has_work() const noexcept { return !ready_.empty(); }

    // Writes messages until `out` has `most` bytes: streams take turns.
    void pump(codec::Buffer& out, std::size_t most);

    // What must be answered now, behind what pump() has written.
    struct Finished {
        std::shared_ptr<ActiveRequest> request;
        Result<void> ended{};
        codec::Buffer result;
    };

    [[nodiscard]] std::vector<Finished> take_finished() { return std::exchange(finished_, {}); }

    // Streams that this side has opened and gives up: the peer is to be told with `$/cancel`.
    struct Broken {
        std::uint32_t id;
        Error why;
    };

    [[nodiscard]] std::vector<Broken> take_broken() { return std::exchange(broken_, {}); }

    // The connection has ended, and all requests of it were stopped: lets go of them. Requests hold
    // their connection.
    void clear() noexcept;

    // Ends what has been silent for too long.
    void expire(TimePoint now);

    // Not later than that can be.
    [[nodiscard]] Deadline earliest() const noexcept { return next_look_; }

    // Streams that the peer has opened and that are not answered.
    [[nodiscard]] std::size_t accepted() const noexcept { return accepted_; }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    // Unread bytes of all of them.
    [[nodiscard]] std::size_t held_bytes() const noexcept {
        return port_->held.load(std::memory_order_relaxed);
    }

private:
    struct Entry {
        Link link;
        std::shared_ptr<ActiveRequest> request;  // of an accepted one
        std::optional<Finished> answer;          // once the handler has ended
        TimePoint active{};
        bool ready = false;
    };

    using Entries = std::unordered_map<StreamKey, Entry, StreamKey::Hash>;

    Entry& add(const StreamKey& key, Link link, StreamSides sides, StreamPeer peer);
    void erase(Entries::iterator at);
    void share_room();
    void make_ready(const StreamKey& key, Entry& entry);
    void serve(Entries::iterator at, codec::Buffer& out);
    // Ends a stream for a rule that its peer has broken, or for its silence.
    void give_up(const StreamKey& key, Entry& entry, Errc code, std::string why);

    const StreamOptions options_;
    const codec::Limits items_;
    const std::shared_ptr<StreamPort> port_;
    StreamBudget budget_;
    Entries entries_;
    std::deque<StreamKey> ready_;
    std::vector<Finished> finished_;
    std::vector<Broken> broken_;
    std::size_t opened_ = 0;
    std::size_t accepted_ = 0;
    std::size_t chunk_bytes_ = 0;
    TimePoint now_{};
    Deadline next_look_;
};

}  // namespace rollcall::rpc
