// A client's side of one connection, without its socket: bytes of a server through the reader and
// the session to calls, which end once each, and to handlers. The last eight bytes of the input say
// how the stream is cut into chunks, and what is called and given up when. The hello has the id 1.
#include <rollcall/codec/message_reader.h>

#include "client_session.h"
#include "session_parts.h"

#include <cstring>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kCutBytes = 8;

const ClientOptions& small_options() {
    static const ClientOptions options = [] {
        ClientOptions small;
        small.limits.max_message_bytes = std::size_t{4} << 10U;  // within the reach of the inputs
        small.limits.max_depth = 16;
        small.max_in_flight = 8;
        return small;
    }();
    return options;
}

class ServerBytes {
public:
    explicit ServerBytes(codec::Bytes cuts)
        : choices_(cuts),
          reader_(small_options().limits),
          session_(small_options(), fuzz_methods(), "server:1", true, 1) {
        session_.open(out_);
    }

    void run(codec::Bytes stream) {
        auto status = codec::MessageReader::Status::ok;
        while (!closed_ && !stream.empty() && status == codec::MessageReader::Status::ok) {
            act();
            const std::size_t size =
                std::min<std::size_t>(stream.size(), std::size_t{1} + choices_.next());
            status = reader_.feed(stream.substr(0, size), [this](codec::Bytes frame) {
                return on_message(frame);
            });
            stream.remove_prefix(size);
        }
        while (handlers_.late() > 0)
            handlers_.end_one(session_, choices_.next(), out_);
        require(session_.incoming().names().empty() && session_.incoming().size() == 0);
        callers_.end_all(session_.calls());
        check_output();
        require(closed_ || accounts_.settled());
    }

private:
    [[nodiscard]] bool has_metadata() const {
        return session_.reply_format().features.has(Feature::metadata);
    }

    // What the program does meanwhile.
    void act() {
        const unsigned choice = choices_.next();
        switch (choice % 8) {
            case 0:
                return callers_.give_up(session_.calls(), choices_.next(), out_);
            case 1:
                return callers_.expire(session_.calls(), out_);
            case 2:
                return handlers_.end_one(session_, choices_.next(), out_);
            case 3:
                return session_.incoming().expire(SteadyClock::now() + std::chrono::hours{2});
            default:
                break;
        }
        if (session_.going_away()) return Callers::end(session_.take_unexecuted());
        if (session_.calls().size() < small_options().max_in_flight)
            callers_.start(session_.calls(), choice >> 3U, out_);
    }

    bool on_message(codec::Bytes frame) {
        accounts_.note(frame, has_metadata() ? codec::Shape::with_metadata : codec::Shape::plain);
        const std::size_t start = out_.size();
        SessionAction action = session_.on_message(frame, out_);
        closed_ = action.close.has_value();
        require(!closed_ || (out_.size() == start && action.run.method == nullptr));
        if (action.run.method != nullptr) handlers_.run(session_, action.run, out_);
        return !closed_;
    }

    // Whole messages; with metadata only if that was agreed on, as were cancels.
    void check_output() {
        const auto shape = has_metadata() ? codec::Shape::with_metadata : codec::Shape::plain;
        codec::Limits limits = small_options().limits;
        limits.max_message_bytes += std::size_t{64} << 10U;  // errors that quote their input
        codec::MessageReader sent{limits};
        const auto status = sent.feed(out_.view(), [&](codec::Bytes frame) {
            codec::Message message;
            require(!codec::parse_message(frame, message, shape));
            if (message.type == codec::MessageType::response) accounts_.reply(message.id);
            if (message.method == kCancelMethod)
                require(session_.reply_format().features.has(Feature::cancel));
            return true;
        });
        require(status == codec::MessageReader::Status::ok && !sent.has_partial());
    }

    Choices choices_;
    codec::MessageReader reader_;
    ClientSession session_;
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
    ServerBytes{cuts}.run({stream.get(), stream_size});
    return 0;
}
