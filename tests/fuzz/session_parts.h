#pragma once
// What the targets of both sessions share: handlers that end at once or later, the books about who
// was answered, and calls that know how often they ended.

#include <rollcall/codec/message.h>
#include <rollcall/codec/pack.h>
#include <rollcall/rpc/call.h>

#include "incoming_calls.h"
#include "outgoing_calls.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::rpc {

// abort() under a name that shows in the report.
inline void require(bool holds) {
    if (!holds) std::abort();
}

// Decisions of the input, used again and again. The bytes must outlive it.
class Choices {
public:
    explicit Choices(codec::Bytes bytes) : bytes_(bytes) {}

    unsigned next() { return static_cast<unsigned char>(bytes_[step_++ % bytes_.size()]); }

private:
    codec::Bytes bytes_;
    std::size_t step_ = 0;
};

// Inline handlers, and one that ends later.
inline const MethodTable& fuzz_methods() {
    static const auto kTable = [] {
        auto table = std::make_unique<MethodTable>();
        MethodTable& all = *table;
        const HandlerOptions plain;
        all.add("add", true, make_handler([](int a, int b) { return std::int64_t{a} + b; }, plain));
        all.add(
            "echo",
            false,
            make_handler(
                [](Context& context, codec::RawView any) {
                    for (const auto& [name, value] : context.metadata())
                        context.reply_with(name, value);
                    return codec::Raw{std::string{any.bytes()}};
                },
                plain
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
        return table;
    }();
    return *kTable;
}

// The requests of the peer by id, and the replies to them.
class Accounts {
public:
    // `frame` as the session is about to read it.
    void note(codec::Bytes frame, codec::Shape shape) {
        codec::Message message;
        const auto bad = codec::parse_message(frame, message, shape);
        if (bad && bad->request_id) ++open_[*bad->request_id];
        if (!bad && message.type == codec::MessageType::request) ++open_[message.id];
    }

    void reply(std::uint32_t id) { require(open_[id]-- > 0); }

    [[nodiscard]] bool settled() const {
        return std::all_of(open_.begin(), open_.end(), [](const auto& each) {
            return each.second == 0;
        });
    }

private:
    std::map<std::uint32_t, int> open_;
};

// What handlers do with what a session has admitted.
class Handlers {
public:
    template <class Session>
    void run(Session& session, Admitted& admitted, codec::Buffer& out) {
        const std::size_t start = out.size();
        Context::Facts facts;
        facts.method = admitted.method->name;
        facts.awaits_reply = admitted.id.has_value();
        if (admitted.envelope.budget_ms) facts.deadline = Deadline::in(std::chrono::hours{1});
        facts.metadata = std::move(admitted.envelope.metadata);
        if (!admitted.method->handler->runs_inline()) {
            late_.push_back(std::make_shared<ActiveRequest>(nullptr, admitted.id, std::move(facts))
            );
            session.incoming().begin(*admitted.method, late_.back());
            return;
        }
        if (admitted.id) codec::write_result_head(out, *admitted.id);
        Context context{std::move(facts), nullptr, nullptr};
        Result<void> ended = admitted.method->handler->run(context, admitted.params, out);
        finish_reply(
            out,
            start,
            admitted.id,
            std::move(ended),
            context.reply_metadata(),
            session.reply_format()
        );
    }

    template <class Session>
    void end_one(Session& session, unsigned choice, codec::Buffer& out) {
        if (late_.empty()) return;
        const std::size_t which = choice % late_.size();
        const std::shared_ptr<ActiveRequest> request = late_[which];
        late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(which));
        session.incoming().end(*request);
        const std::size_t start = out.size();
        if (request->id()) codec::write_result_head(out, *request->id());
        codec::pack(out, 1);
        auto stopped = request->why_not_begin();
        Result<void> ended = stopped ? Result<void>{std::move(*stopped)} : Result<void>{};
        finish_reply(
            out,
            start,
            request->id(),
            std::move(ended),
            request->context().reply_metadata(),
            session.reply_format()
        );
    }

    [[nodiscard]] std::size_t late() const { return late_.size(); }

private:
    std::vector<std::shared_ptr<ActiveRequest>> late_;
};

// Aborts if it ends twice.
class CountedCall final : public Call {
public:
    using Call::Call;

    void finish(codec::Bytes result) noexcept override {
        static_cast<void>(read_result<codec::Raw>(result));
        end();
    }

    void fail(Error&& error) noexcept override {
        require(!error.to_string().empty());
        end();
    }

    [[nodiscard]] bool ended() const { return ended_; }

private:
    void end() {
        require(!ended_);
        ended_ = true;
    }

    void destroy() noexcept override { delete this; }

    bool ended_ = false;
};

// Calls to the peer: started, given up and ended as the choices say.
class Callers {
public:
    void start(OutgoingCalls& calls, unsigned choice, codec::Buffer& out) {
        auto invocation = invoke<codec::Raw>("m", std::string(choice % 4, 'x'));
        if ((choice & 8U) != 0) invocation = std::move(invocation).with("tenant", "blue");
        const Deadline deadline =
            (choice & 16U) != 0 ? Deadline::in(std::chrono::hours{1}) : Deadline::never();
        const auto kind = choice % 7 == 0 ? Call::Kind::nothing : Call::Kind::reply;
        auto* const call = new CountedCall{std::move(invocation), deadline, kind};
        all_.emplace_back(call, CallPtr{call});
        calls.set_position(out.size());
        codec::Buffer after;
        require(calls.start(all_.back().second, out, after, SteadyClock::now()) == nullptr);
        out.append(after.view());
    }

    void give_up(OutgoingCalls& calls, unsigned choice, codec::Buffer& out) {
        if (all_.empty()) return;
        Call& call = *all_[choice % all_.size()].second;
        calls.set_position(out.size());
        if (calls.forget(call, out))
            fail_call(call, Errc::cancelled, "given up", Sent::maybe_sent, "x");
    }

    void expire(OutgoingCalls& calls, codec::Buffer& out) {
        calls.set_position(out.size());
        calls.expire(SteadyClock::now() + std::chrono::hours{2}, out);
    }

    static void end(const std::vector<CallPtr>& taken) {
        for (const CallPtr& each : taken)
            fail_call(*each, Errc::connection_lost, "the end", Sent::maybe_sent, "x");
    }

    // With the end of the connection every call has ended, notifications when they were sent.
    void end_all(OutgoingCalls& calls) {
        end(calls.take_all());
        for (const auto& [call, owner] : all_)
            require(call->kind == Call::Kind::nothing ? call->done : call->ended());
        require(calls.size() == 0);
    }

    // The ids of calls that may be in flight.
    [[nodiscard]] std::optional<std::uint32_t> id(unsigned choice) const {
        if (all_.empty()) return std::nullopt;
        return all_[choice % all_.size()].second->wire_id();
    }

private:
    std::vector<std::pair<CountedCall*, CallPtr>> all_;
};

}  // namespace rollcall::rpc
