#include "stream_table.h"

#include <algorithm>
#include <utility>

namespace rollcall::rpc {
namespace {

// The most of one stream in one message, and in one turn: others wait no longer than for that.
constexpr std::size_t kChunkBytes = std::size_t{64} << 10U;
// What all streams of a connection keep unsent, shared out to them, between these bounds each.
constexpr std::size_t kUnsentBytes = std::size_t{1} << 20U;
constexpr std::size_t kLeastUnsentBytes = std::size_t{1} << 10U;

}  // namespace

StreamTable::StreamTable(
    const StreamOptions& options, const codec::Limits& items, std::shared_ptr<StreamPort> port
)
    : options_(options),
      items_(items),
      port_(std::move(port)),
      budget_(std::max(options.max_bytes, items.max_message_bytes)) {
}

StreamTable::~StreamTable() = default;

void StreamTable::share_room() {
    const std::size_t share = kUnsentBytes / std::max<std::size_t>(entries_.size(), 1);
    port_->most_unsent.store(
        std::clamp(share, kLeastUnsentBytes, kChunkBytes), std::memory_order_relaxed
    );
}

StreamTable::Entry& StreamTable::add(
    const StreamKey& key, Link link, StreamSides sides, StreamPeer peer
) {
    now_ = SteadyClock::now();
    Entry& entry = entries_[key];
    ++(key.ours ? opened_ : accepted_);
    entry.link = std::move(link);
    entry.active = now_;
    share_room();
    next_look_ = next_look_.earlier(Deadline::in(options_.idle_timeout, now_));
    chunk_bytes_ = std::min(
        kChunkBytes, peer.max_message_bytes - std::min(peer.max_message_bytes, kDataHeadBytes)
    );
    StreamTerms terms;
    terms.key = key;
    terms.options = options_;
    terms.items = items_;
    terms.credit = peer.window;
    terms.max_item_bytes = peer.max_message_bytes;
    terms.sides = sides;
    entry.link->bind(port_, terms);
    return entry;
}

void StreamTable::open(
    std::uint32_t id, const StreamPipePtr& pipe, StreamSides sides, StreamPeer peer
) {
    add(StreamKey{true, id}, Link{pipe, &pipe->link()}, sides, peer);
}

void StreamTable::accept(
    const std::shared_ptr<ActiveRequest>& request, StreamSides sides, StreamPeer peer
) {
    const auto link = std::make_shared<StreamLink>(
        std::string{request->context().method()}, request->context().deadline()
    );
    request->set_stream(link);
    add(StreamKey{false, request->id().value_or(0)}, link, sides, peer).request = request;
}

void StreamTable::erase(Entries::iterator at) {
    at->second.link->settle(*port_, budget_);
    --(at->first.ours ? opened_ : accepted_);
    entries_.erase(at);
    share_room();
}

void StreamTable::make_ready(const StreamKey& key, Entry& entry) {
    if (!std::exchange(entry.ready, true)) ready_.push_back(key);
}

void StreamTable::touch(const std::vector<StreamKey>& keys) {
    for (const StreamKey& key : keys) {
        const auto found = entries_.find(key);
        if (found != entries_.end()) make_ready(key, found->second);
    }
}

void StreamTable::give_up(const StreamKey& key, Entry& entry, Errc code, std::string why) {
    Error error{code, std::move(why)};
    if (key.ours) {
        broken_.push_back({key.id, std::move(error)});
    } else {
        // First the reason, then the request, which has no words for it.
        entry.link->fail(std::move(error));
        entry.request->stop(code);
    }
    make_ready(key, entry);
}

void StreamTable::on_message(codec::Bytes method, codec::Bytes params) {
    const auto message = read_stream_message(method, params);
    if (!message) return;
    const auto found = entries_.find(message->key);
    if (found == entries_.end()) return;
    Entry& entry = found->second;
    if (!entry.link->is_bound_to(*port_, message->key)) return;
    entry.active = now_;
    std::optional<std::string> broken;
    switch (message->kind) {
        case StreamMessage::Kind::data:
            broken = entry.link->feed(message->data);
            break;
        case StreamMessage::Kind::credit:
            broken = entry.link->grant(message->credit);
            break;
        case StreamMessage::Kind::end:
            broken = entry.link->end_data();
            break;
        case StreamMessage::Kind::broken:
            broken = "a message of the stream cannot be read";
            break;
    }
    if (broken) return give_up(message->key, entry, Errc::stream_failed, std::move(*broken));
    make_ready(message->key, entry);
}

void StreamTable::finish(
    const std::shared_ptr<ActiveRequest>& request, Result<void>&& ended, codec::Buffer&& result
) {
    const StreamKey key{false, request->id().value_or(0)};
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    found->second.answer.emplace(Finished{request, std::move(ended), std::move(result)});
    make_ready(key, found->second);
}

void StreamTable::pump(codec::Buffer& out, std::size_t most) {
    while (!ready_.empty() && out.size() < most) {
        const auto found = entries_.find(ready_.front());
        ready_.pop_front();
        if (found == entries_.end()) continue;
        found->second.ready = false;
        serve(found, out);
    }
}

void StreamTable::serve(Entries::iterator at, codec::Buffer& out) {
    const StreamKey key = at->first;
    Entry& entry = at->second;
    // Sent again on another connection, it is not ours any more.
    if (!entry.link->is_bound_to(*port_, key)) return erase(at);
    const StreamLink::Work work = entry.link->begin_work(budget_);
    if (work.broken) return give_up(key, entry, Errc::stream_failed, *work.broken);
    if (work.over && key.ours) return erase(at);
    const std::size_t before = out.size();
    if (work.credit > 0) write_stream_credit(out, key, work.credit);
    if (entry.link->send(out, chunk_bytes_)) make_ready(key, entry);
    if (entry.link->take_end()) write_stream_end(out, key.id);
    if (out.size() > before) entry.active = now_;
    if (!entry.answer || !entry.link->is_drained()) return;
    Finished answer = std::move(*entry.answer);
    if (auto failed = entry.link->failure()) {
        answer.ended = Error{failed->code(), failed->message()};
        answer.result.clear(0);
    }
    entry.link->fail(Error{Errc::stream_failed, "the stream is over: its handler has ended"});
    finished_.push_back(std::move(answer));
    erase(at);
}

void StreamTable::clear() noexcept {
    entries_.clear();
    ready_.clear();
    finished_.clear();
    opened_ = accepted_ = 0;
}

void StreamTable::expire(TimePoint now) {
    now_ = now;
    if (!next_look_.expired(now)) return;
    next_look_ = Deadline::never();
    for (auto& [key, entry] : entries_) {
        const Deadline silent = Deadline::in(options_.idle_timeout, entry.active);
        if (!silent.expired(now)) {
            next_look_ = next_look_.earlier(silent);
            continue;
        }
        entry.active = now;
        next_look_ = next_look_.earlier(Deadline::in(options_.idle_timeout, now));
        give_up(key, entry, Errc::timed_out, "no message of the stream for its idle time-out");
    }
}

}  // namespace rollcall::rpc
