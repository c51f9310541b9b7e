// The streams of a connection, without its socket: messages of a peer, and a program that reads,
// writes, ends and gives up as it likes. The last eight bytes of the input say what the program
// does between the messages. Rules: what is held stays within the windows, nothing is sent beyond
// the credit, each accepted stream is answered once.
#include <rollcall/codec/message.h>
#include <rollcall/codec/message_reader.h>
#include <rollcall/codec/pack.h>

#include "server_session.h"
#include "stream_table.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kStepBytes = 8;
constexpr std::uint32_t kStreams = 4;  // accepted ones, and as many that are opened
constexpr std::uint64_t kPeerWindow = 64;

// abort() under a name that shows in the report.
void require(bool holds) {
    if (!holds) std::abort();
}

class Port final : public StreamPort {
public:
    void wake(const StreamKey& key) override { woken.push_back(key); }

    std::vector<StreamKey> woken;
};

StreamOptions small_options() {
    StreamOptions options;
    options.window = 128;
    options.max_window = 512;
    options.max_bytes = 4096;
    options.max_streams = kStreams;
    return options;
}

codec::Limits small_limits() {
    codec::Limits limits;
    limits.max_message_bytes = 2048;
    limits.max_depth = 16;
    return limits;
}

class Streams {
public:
    explicit Streams(codec::Bytes steps)
        : steps_(steps),
          port_(std::make_shared<Port>()),
          table_(small_options(), small_limits(), port_) {
        const StreamPeer peer{kPeerWindow, small_limits().max_message_bytes};
        table_.set_now(TimePoint{});
        for (std::uint32_t id = 0; id < kStreams; ++id) {
            const auto sides = static_cast<StreamSides>(1 + id % 3);
            Context::Facts facts;
            facts.method = "accepted";
            requests_.push_back(std::make_shared<ActiveRequest>(nullptr, id, std::move(facts)));
            table_.accept(requests_.back(), sides, peer);
            pipes_.push_back(requests_.back()->stream());
            opened_.push_back(make_opened_stream("opened", Deadline::never()));
            table_.open(id, opened_.back(), sides, peer);
            pipes_.push_back(opened_.back());
            credit_[{false, id}] = credit_[{true, id}] = kPeerWindow;
        }
        require(!table_.has_room(true) && !table_.has_room(false));
    }

    void run(codec::Bytes stream) {
        codec::MessageReader reader{small_limits()};
        auto status = codec::MessageReader::Status::ok;
        while (status == codec::MessageReader::Status::ok && !stream.empty()) {
            const std::size_t size = std::min<std::size_t>(stream.size(), std::size_t{1} + next());
            status = reader.feed(stream.substr(0, size), [this](codec::Bytes frame) {
                on_message(frame);
                return true;
            });
            stream.remove_prefix(size);
        }
        for (std::uint32_t id = 0; id < kStreams; ++id)
            answer(id);
        for (const auto& pipe : opened_)
            pipe->link().fail(Error{Errc::connection_lost, "the end"});
        for (const auto& request : requests_)
            request->stop(Errc::connection_lost);
        pump();
        require(table_.size() == 0 && table_.accepted() == 0);
        require(answered_ == kStreams);
        read_all();
        pipes_.clear();
        opened_.clear();
        requests_.clear();
        require(table_.held_bytes() == 0);
    }

private:
    unsigned next() { return static_cast<unsigned char>(steps_[step_++ % steps_.size()]); }

    void on_message(codec::Bytes frame) {
        codec::Message message;
        if (codec::parse_message(frame, message)) return;
        if (message.type != codec::MessageType::notification) return;
        if (!is_stream_message(message.method)) return;
        note_credit(message);
        table_.on_message(message.method, message.params);
        // Windows of all, and of one large item each at most.
        require(table_.held_bytes() <= 2 * kStreams * (512 + 2048));
        const unsigned what = next();
        act(what);
        if (what % 3 != 0) pump();
    }

    void note_credit(const codec::Message& message) {
        const auto read = read_stream_message(message.method, message.params);
        if (!read || read->kind != StreamMessage::Kind::credit) return;
        if (read->credit <= kMaxStreamCredit)
            credit_[{read->key.ours, read->key.id}] += read->credit;
    }

    void act(unsigned what) {
        const StreamPipePtr pipe = pipes_[(what >> 3U) % pipes_.size()];
        switch (what & 7U) {
            case 0:
            case 1: {
                codec::Buffer item;
                codec::pack_str(item, std::string(next() * (what & 1U ? 9U : 1U), 'i'));
                static_cast<void>(pipe->write(item));
                break;
            }
            case 2:
            case 3: {
                codec::Bytes item;
                static_cast<void>(pipe->next(item));
                break;
            }
            case 4:
                read_all();
                break;
            case 5:
                pipe->finish_writing();
                break;
            case 6:
                requests_[(what >> 3U) % kStreams]->stop(Errc::cancelled);
                break;
            default:
                answer((what >> 3U) % kStreams);
        }
    }

    void answer(std::uint32_t id) {
        if (std::exchange(is_answered_[id], true)) return;
        codec::Buffer result;
        codec::pack_nil(result);
        table_.finish(requests_[id], Result<void>{}, std::move(result));
    }

    void read_all() {
        codec::Bytes item;
        for (const auto& pipe : pipes_) {
            for (auto step = pipe->next(item); step && *step == StreamPipe::Next::item;)
                step = pipe->next(item);
        }
    }

    void pump() {
        do {
            table_.touch(std::exchange(port_->woken, {}));
            codec::Buffer out;
            table_.pump(out, std::size_t{1} << 20U);
            check(out);
            for (const auto& broken : table_.take_broken())
                opened_[broken.id]->link().fail(Error{broken.why});
            answered_ += table_.take_finished().size();
        } while (!port_->woken.empty() || table_.has_work());
    }

    void check(const codec::Buffer& out) {
        codec::MessageReader messages{small_limits()};
        const auto status = messages.feed(out.view(), [this](codec::Bytes frame) {
            codec::Message message;
            require(!codec::parse_message(frame, message));
            const auto read = read_stream_message(message.method, message.params);
            require(read && read->kind != StreamMessage::Kind::broken);
            if (read->kind == StreamMessage::Kind::end) return true;
            // As the peer sees it: its keys are the other way round.
            auto& credit = credit_[{!read->key.ours, read->key.id}];
            if (read->kind == StreamMessage::Kind::data) {
                require(read->data.size() <= credit && !read->data.empty());
                credit -= read->data.size();
            } else {
                require(read->credit > 0 && read->credit <= kMaxStreamCredit);
            }
            return true;
        });
        require(status == codec::MessageReader::Status::ok && !messages.has_partial());
    }

    codec::Bytes steps_;
    std::size_t step_ = 0;
    std::shared_ptr<Port> port_;
    StreamTable table_;
    std::vector<std::shared_ptr<ActiveRequest>> requests_;
    std::vector<StreamPipePtr> opened_;
    std::vector<StreamPipePtr> pipes_;
    std::map<std::pair<bool, std::uint32_t>, std::uint64_t> credit_;
    std::map<std::uint32_t, bool> is_answered_;
    std::size_t answered_ = 0;
};

}  // namespace
}  // namespace rollcall::rpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rollcall::rpc;
    if (size < kStepBytes) return 0;
    // A copy of exactly this size, so that a read beyond it is found.
    const std::size_t stream_size = size - kStepBytes;
    const std::unique_ptr<char[]> stream{new char[stream_size]};
    if (stream_size > 0) std::memcpy(stream.get(), data, stream_size);
    const rollcall::codec::Bytes steps{
        reinterpret_cast<const char*>(data) + stream_size, kStepBytes};
    Streams{steps}.run({stream.get(), stream_size});
    return 0;
}
