#include "scripted_connection.h"

#include <rollcall/base/deadline.h>
#include <rollcall/codec/pack.h>

#include "hello.h"

#include <stdexcept>

namespace rollcall::tests {

ScriptedConnection::ScriptedConnection(RawListener& listener, Duration limit)
    : peer_(listener.accept(limit)) {
}

std::optional<ScriptedConnection::Received> ScriptedConnection::next(Duration limit) {
    const Deadline deadline = Deadline::in(limit);
    while (received_.empty() && !peer_.at_end() && !deadline.expired()) {
        const std::string bytes = peer_.receive(1U << 20U, deadline.remaining());
        const auto status = reader_.feed(bytes, [&](codec::Bytes frame) {
            codec::Message message;
            if (const auto bad = codec::parse_message(frame, message))
                throw std::runtime_error{bad->reason};
            Received& got = received_.emplace_back();
            got.type = message.type;
            got.id = message.id;
            got.method = message.method;
            got.params = message.params;
            return true;
        });
        if (status != codec::MessageReader::Status::ok)
            throw std::runtime_error{"the client sent bytes that are no MessagePack"};
    }
    if (received_.empty()) return std::nullopt;
    Received first = std::move(received_.front());
    received_.pop_front();
    return first;
}

std::uint32_t ScriptedConnection::take_hello() {
    const auto hello = next();
    if (!hello || hello->method != rpc::kHelloMethod)
        throw std::runtime_error{"the connection does not begin with a hello"};
    return hello->id;
}

std::uint32_t ScriptedConnection::answer_hello(std::uint64_t max_message_bytes) {
    const std::uint32_t id = take_hello();
    rpc::Hello hello;
    hello.features.add(rpc::Feature::goaway);
    hello.max_message_bytes = max_message_bytes;
    codec::Buffer out;
    codec::write_result_head(out, id);
    rpc::write_hello_map(out, hello);
    send(out.view());
    return id;
}

std::uint32_t ScriptedConnection::refuse_hello() {
    const std::uint32_t id = take_hello();
    fail(id, "no such method");
    return id;
}

bool ScriptedConnection::reply(std::uint32_t id, int result) {
    codec::Buffer out;
    codec::write_result_head(out, id);
    codec::pack(out, result);
    return send(out.view());
}

bool ScriptedConnection::fail(std::uint32_t id, std::string_view text) {
    codec::Buffer out;
    codec::write_error_response(out, id, text);
    return send(out.view());
}

bool ScriptedConnection::goaway(std::optional<std::uint32_t> last_id) {
    codec::Buffer out;
    rpc::write_goaway(out, rpc::Goaway{"going", 1000, last_id});
    return send(out.view());
}

}  // namespace rollcall::tests
