#pragma once
// The client's side of a connection, without sockets, and calls that keep how they ended.

#include <rollcall/codec/pack.h>

#include "client_session.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::rpc {

// Keeps how it ended. Owned by its CallPtrs, looked at while they live.
class RecordedCall final : public Call {
public:
    using Call::Call;

    void finish(codec::Bytes result) noexcept override { ends.emplace_back(result); }

    void fail(Error&& error) noexcept override {
        ends.emplace_back();
        failure = std::move(error);
    }

    std::vector<std::string> ends;
    std::optional<Error> failure;

private:
    void destroy() noexcept override { delete this; }
};

class Session : public testing::Test {
protected:
    struct Started {
        CallPtr owner;
        RecordedCall* call;
    };

    [[nodiscard]] Started start(
        ClientSession& on,
        const PackedInvocation& invocation,
        Deadline deadline = {},
        Call::Kind kind = Call::Kind::reply
    ) {
        auto* call = new RecordedCall{PackedInvocation{invocation}, deadline, kind};
        Started started{CallPtr{call}, call};
        on.calls().set_position(out.size());
        large_body = on.calls().start(started.owner, out, after, SteadyClock::now());
        return started;
    }

    [[nodiscard]] Started start(const PackedInvocation& invocation, Deadline deadline = {}) {
        return start(session, invocation, deadline);
    }

    [[nodiscard]] Started start() { return start(PackedInvocation::pack("method")); }

    std::optional<std::string> hear(const codec::Buffer& message) {
        return session.on_message(message.view(), out).close;
    }

    std::optional<std::string> hear_result(std::uint32_t id, int result) {
        codec::Buffer message;
        codec::write_result_head(message, id);
        codec::pack(message, result);
        return hear(message);
    }

    std::optional<std::string> hear_error(std::uint32_t id, std::string_view text) {
        codec::Buffer message;
        codec::write_error_response(message, id, text);
        return hear(message);
    }

    std::optional<std::string> hear_goaway(std::optional<std::uint32_t> last_id) {
        codec::Buffer message;
        write_goaway(message, Goaway{"bye", 10, last_id});
        return hear(message);
    }

    // The id of the only message in `out`, which is a hello.
    [[nodiscard]] std::uint32_t hello_id() const {
        codec::Message message;
        EXPECT_FALSE(codec::parse_message(out.view(), message));
        EXPECT_EQ(message.method, kHelloMethod);
        return message.id;
    }

    void hear_hello_answer(
        std::uint32_t id, std::uint64_t max_message_bytes, Features features = {}
    ) {
        Hello hello;
        hello.features = features;
        hello.max_message_bytes = max_message_bytes;
        codec::Buffer message;
        codec::write_result_head(message, id);
        write_hello_map(message, hello);
        EXPECT_FALSE(hear(message));
    }

    ClientOptions options;
    MethodTable methods;
    codec::Buffer out;
    codec::Buffer after;  // what follows a large body
    std::shared_ptr<const codec::Buffer> large_body;
    ClientSession session{options, methods, "server:1", true};
};

}  // namespace rollcall::rpc
