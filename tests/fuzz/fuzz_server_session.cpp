// A server's side of one connection, without its socket: bytes of a peer through the reader and
// the session to handlers and back to bytes. The last eight bytes of the input say how the stream
// is cut into chunks and when handlers end.
#include <rollcall/codec/message_reader.h>

#include "server_session.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kCutBytes = 8;

// abort() under a name that shows in the report.
void require(bool holds) {
    if (!holds) std::abort();
}

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

// Inline handlers, and one that ends later.
const MethodTable& methods() {
    static const MethodTable table = [] {
        MethodTable all;
        const HandlerOptions plain;
        all.add("add", true, make_handler([](int a, int b) { return std::int64_t{a} + b; }, plain));
        all.add(
            "echo",
            false,
            make_handler(
                [](codec::RawView any) { return codec::Raw{std::string{any.bytes()}}; }, plain
            )
        );
        all.add(
            "big", false, make_handler([](std::uint16_t n) { return std::string(n, 'x'); }, plain)
        );
        all.add(
            "fail",
            false,
            make_handler([](std::string why) -> int { throw std::runtime_error{why}; }, plain)
        );
        all.add("late", false, make_handler([] { return 1; }, HandlerOptions{RunOn::pool}));
        all.add_introspection();
        return all;
    }();
    return table;
}

// The requests of the stream by id, and the replies to them.
class Accounts {
public:
    void request(std::uint32_t id) { ++open_[id]; }

    void reply(codec::Bytes frame) {
        codec::Message message;
        require(!codec::parse_message(frame, message, codec::Shape::with_metadata));
        require(message.type == codec::MessageType::response);
        require(open_[message.id]-- > 0);  // at most one reply to each request
    }

    [[nodiscard]] bool settled() const {
        return std::all_of(open_.begin(), open_.end(), [](const auto& each) {
            return each.second == 0;
        });
    }

private:
    std::map<std::uint32_t, int> open_;
};

class Stream {
public:
    Stream(codec::Bytes cuts, bool with_token)
        : cuts_(cuts),
          options_(options_of(with_token)),
          reader_(options_.limits),
          session_(methods(), options_) {}

    void run(codec::Bytes stream) {
        auto status = codec::MessageReader::Status::ok;
        const auto take = [this](codec::Bytes frame) { return on_message(frame); };
        while (!closed_ && status == codec::MessageReader::Status::ok &&
               (!stream.empty() || reader_.paused())) {
            if (reader_.paused()) {
                end_one();
                status = reader_.resume(take);
                continue;
            }
            const std::size_t size = std::min<std::size_t>(stream.size(), std::size_t{1} + next());
            status = reader_.feed(stream.substr(0, size), take);
            stream.remove_prefix(size);
        }
        while (!late_.empty())
            end_one();
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
    unsigned next() { return static_cast<unsigned char>(cuts_[step_++ % cuts_.size()]); }

    bool on_message(codec::Bytes frame) {
        note_request(frame);
        const std::size_t start = out_.size();
        SessionAction action = session_.on_message(frame, out_);
        closed_ = action.close.has_value();
        require(!closed_ || (out_.size() == start && action.run.method == nullptr));
        if (action.run.method != nullptr) {
            require(out_.size() == start);
            run(action.run);
        }
        return !closed_ && late_.size() < 4 && next() % 4 != 0;
    }

    void run(Admitted& admitted) {
        const std::size_t start = out_.size();
        Context::Facts facts;
        facts.method = admitted.method->name;
        facts.awaits_reply = admitted.id.has_value();
        facts.metadata = std::move(admitted.envelope.metadata);
        if (!admitted.method->handler->runs_inline()) {
            late_.push_back(
                std::make_shared<ActiveRequest>(nullptr, admitted.id, 0, std::move(facts))
            );
            session_.incoming().begin(*admitted.method, late_.back());
            return;
        }
        if (admitted.id) codec::write_result_head(out_, *admitted.id);
        Context context{std::move(facts), nullptr, std::stop_source{std::nostopstate}};
        Result<void> ended = admitted.method->handler->run(context, admitted.params, out_);
        finish_reply(
            out_, start, admitted.id, std::move(ended), context.metadata(), session_.reply_format()
        );
    }

    void note_request(codec::Bytes frame) {
        codec::Message message;
        // As the session reads it: with metadata once that is agreed.
        const auto shape = session_.reply_format().features.has(Feature::metadata)
                               ? codec::Shape::with_metadata
                               : codec::Shape::plain;
        const auto bad = codec::parse_message(frame, message, shape);
        if (bad && bad->request_id) accounts_.request(*bad->request_id);
        if (!bad && message.type == codec::MessageType::request) accounts_.request(message.id);
    }

    void end_one() {
        if (late_.empty()) return;
        const std::size_t which = next() % late_.size();
        const std::shared_ptr<ActiveRequest> request = late_[which];
        late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(which));
        session_.incoming().end(*request);
        const std::size_t start = out_.size();
        if (request->id()) codec::write_result_head(out_, *request->id());
        codec::pack(out_, 1);
        auto stopped = request->why_not_begin();
        Result<void> ended = stopped ? Result<void>{std::move(*stopped)} : Result<void>{};
        finish_reply(
            out_,
            start,
            request->id(),
            std::move(ended),
            request->context().metadata(),
            session_.reply_format()
        );
    }

    void check_output() {
        codec::Limits limits = options_.limits;
        limits.max_message_bytes += std::size_t{64} << 10U;  // errors that quote their input
        codec::MessageReader replies{limits};
        const auto status = replies.feed(out_.view(), [this](codec::Bytes frame) {
            accounts_.reply(frame);
            return true;
        });
        require(status == codec::MessageReader::Status::ok && !replies.has_partial());
    }

    codec::Bytes cuts_;
    std::size_t step_ = 0;
    const ServerOptions& options_;
    codec::MessageReader reader_;
    ServerSession session_;
    codec::Buffer out_;
    Accounts accounts_;
    std::vector<std::shared_ptr<ActiveRequest>> late_;
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
    Stream{cuts, (data[size - 1] & 1U) != 0}.run({stream.get(), stream_size});
    return 0;
}
