#include "cost/subject/batch_caller.h"

#include <rollcall/codec/message.h>
#include <rollcall/codec/message_reader.h>

#include "cost/subject/extension.h"

#include <stdexcept>

namespace rollcall::tests {
namespace {

// Of five bytes, as all that follow.
constexpr std::uint32_t kFirstId = 0x10000;
constexpr std::string_view kText = "sixteen bytes...";

void write_body(codec::Buffer& out, BatchCaller::Method method) {
    if (method == BatchCaller::Method::add) {
        codec::pack_str(out, "add");
        codec::pack_array_head(out, 2);
        codec::pack_unsigned(out, 1);
        codec::pack_unsigned(out, 2);
    } else {
        codec::pack_str(out, "echo");
        codec::pack_array_head(out, 1);
        codec::pack_str(out, kText);
    }
}

void write_result(codec::Buffer& out, BatchCaller::Method method) {
    if (method == BatchCaller::Method::add) {
        codec::pack_unsigned(out, 3);
    } else {
        codec::pack_str(out, kText);
    }
}

}  // namespace

BatchCaller::BatchCaller(const Endpoint& server, std::size_t depth, Form form, Method method)
    : peer_(server) {
    if (form == Form::with_deadline) say_hello();
    codec::Buffer asked;
    codec::Buffer wanted;
    for (std::uint32_t id = kFirstId; id < kFirstId + depth; ++id) {
        const bool plain = form == Form::plain;
        using codec::Shape;
        codec::write_request_head(asked, id, plain ? Shape::plain : Shape::with_metadata);
        write_body(asked, method);
        if (!plain) write_deadline(asked, 5000);
        codec::write_result_head(wanted, id);
        write_result(wanted, method);
    }
    requests_ = asked.view();
    replies_ = wanted.view();
}

void BatchCaller::say_hello() {
    codec::Buffer out;
    codec::write_request_head(out, 1);
    codec::pack_str(out, "$/hello");
    codec::pack_array_head(out, 1);
    write_hello(out);
    peer_.send(out.view());
    codec::MessageReader reader{codec::Limits{}};
    bool answered = false;
    while (!answered && !peer_.at_end()) {
        const std::string bytes = peer_.receive();
        const auto take = [&](codec::Bytes) { return answered = true; };
        if (bytes.empty() || reader.feed(bytes, take) != codec::MessageReader::Status::ok) break;
    }
    if (!answered) throw std::runtime_error{"the server does not answer the hello"};
}

void BatchCaller::exchange(std::size_t batches) {
    for (std::size_t i = 0; i < batches; ++i) {
        if (!peer_.send(requests_)) throw std::runtime_error{"the server has gone"};
        if (peer_.receive_exactly(replies_.size()) != replies_)
            throw std::runtime_error{"the server does not reply as it should"};
    }
}

}  // namespace rollcall::tests
