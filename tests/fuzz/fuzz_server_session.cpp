// A server's side of one connection, without its socket: bytes of a peer through the reader and
// the session to handlers and back to bytes. The last eight bytes of the input say how the stream
// is cut into chunks, when handlers end and what the server asks of its peer.
#include <rollcall/codec/message_reader.h>

#include "server_session.h"
#include "session_parts.h"

#include <cstring>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kCutBytes = 8;

ServerOptions small_options() {
    ServerOptions options;
    options.limits.max_message_bytes = std::size_t{4} << 10U;  // within the reach of the inputs
    options.limits.max_depth = 16;
    options.token = "t";
    return options;
}

const ServerOptions& options_of(bool with_token) {
    static const ServerOptions secret = small_options();
    static const ServerOptions open = [] {
        ServerOptions options = small_options();
        options.token.clear();
        return options;
    }();
    return with_token ? secret : open;
}

class PeerBytes {
public:
    PeerBytes(codec::Bytes cuts, bool with_token)
        : choices_(cuts),
          options_(options_of(with_token)),
          reader_(options_.limits),
          session_(fuzz_methods(), options_) {}

    void run(codec::Bytes stream) {
        auto status = codec::MessageReader::Status::ok;
        const auto take = [this](codec::Bytes frame) { return on_message(frame); };
        while (!closed_ && status == codec::MessageReader::Status::ok &&
               (!stream.empty() || reader_.paused())) {
            if (reader_.paused()) {
                handlers_.end_one(session_, choices_.next(), out_);
                status = reader_.resume(take);
                continue;
            }
            const std::size_t size =
                std::min<std::size_t>(stream.size(), std::size_t{1} + choices_.next());
            status = reader_.feed(stream.substr(0, size), take);
            stream.remove_prefix(size);
        }
        while (handlers_.late() > 0)
            handlers_.end_one(session_, choices_.next(), out_);
        if (session_.outgoing() != nullptr) callers_.end_all(*session_.outgoing());
        require(session_.in_flight() == 0 && session_.incoming().names().empty());
        check_output();
        require(accounts_.settled());
        codec::Buffer goaway;
        session_.write_goaway(goaway, "fuzz", std::chrono::seconds{1});
        codec::Message message;
        require(!codec::parse_message(goaway.view(), message));
        require(read_goaway(message.params).has_value());
    }

private:
    bool on_message(codec::Bytes frame) {
        ask_back();
        const codec::Buffer response = aimed(frame);
        if (!response.empty()) frame = response.view();
        // As the session reads it: with metadata once that is agreed.
        const bool with_metadata = session_.reply_format().features.has(Feature::metadata);
        accounts_.note(frame, with_metadata ? codec::Shape::with_metadata : codec::Shape::plain);
        const std::size_t start = out_.size();
        SessionAction action = session_.on_message(frame, out_);
        closed_ = action.close.has_value();
        require(!closed_ || (out_.size() == start && action.run.method == nullptr));
        if (action.run.method != nullptr) {
            require(out_.size() == start);
            handlers_.run(session_, action.run, out_);
        }
        return !closed_ && handlers_.late() < 4 && choices_.next() % 4 != 0;
    }

    // What the program asks of its peer meanwhile.
    void ask_back() {
        const unsigned choice = choices_.next();
        if ((choice & 1U) != 0 || !session_.heard()) return;
        OutgoingCalls& calls = session_.outgoing("peer:1");
        if ((choice & 2U) != 0) return callers_.start(calls, choice >> 3U, out_);
        (choice & 4U) != 0 ? callers_.expire(calls, out_)
                           : callers_.give_up(calls, choice >> 3U, out_);
    }

    // A response for one of the calls, whose ids are random, instead of for a small number.
    [[nodiscard]] codec::Buffer aimed(codec::Bytes frame) const {
        codec::Buffer out;
        codec::Message message;
        const auto bad = codec::parse_message(frame, message, codec::Shape::with_metadata);
        if (bad || message.type != codec::MessageType::response) return out;
        const auto id = callers_.id(message.id);
        if (!id) return out;
        codec::pack_array_head(out, message.metadata.empty() ? 4 : 5);
        codec::pack(out, 1);
        codec::pack_unsigned(out, *id);
        for (const codec::Bytes part : {message.error, message.result, message.metadata})
            out.append(part);
        return out;
    }

    void check_output() {
        codec::Limits limits = options_.limits;
        limits.max_message_bytes += std::size_t{64} << 10U;  // errors that quote their input
        codec::MessageReader replies{limits};
        const auto status = replies.feed(out_.view(), [this](codec::Bytes frame) {
            codec::Message message;
            require(!codec::parse_message(frame, message, codec::Shape::with_metadata));
            if (message.type == codec::MessageType::response) accounts_.reply(message.id);
            return true;
        });
        require(status == codec::MessageReader::Status::ok && !replies.has_partial());
    }

    Choices choices_;
    const ServerOptions& options_;
    codec::MessageReader reader_;
    ServerSession session_;
    codec::Buffer out_;
    Accounts accounts_;
    Handlers handlers_;
    Callers callers_;
    bool closed_ = false;
};

}  // namespace
}  // namespace rollcall::rpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rollcall::rpc;
    if (size < kCutBytes) return 0;
    // A copy of exactly this size, so that a read beyond it is found.
    const std::size_t stream_size = size - kCutBytes;
    const std::unique_ptr<char[]> stream{new char[stream_size]};
    if (stream_size > 0) std::memcpy(stream.get(), data, stream_size);
    const rollcall::codec::Bytes cuts{reinterpret_cast<const char*>(data) + stream_size, kCutBytes};
    PeerBytes{cuts, (data[size - 1] & 1U) != 0}.run({stream.get(), stream_size});
    return 0;
}
