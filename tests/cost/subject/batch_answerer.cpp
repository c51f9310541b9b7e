#include "cost/subject/batch_answerer.h"

#include <rollcall/codec/message.h>

#include "cost/subject/extension.h"

#include <stdexcept>

namespace rollcall::tests {

void BatchAnswerer::exchange(std::size_t batches) {
    for (std::size_t i = 0; i < batches; ++i) {
        if (!answer_one_batch()) throw std::runtime_error{"the client sends no more requests"};
    }
}

void BatchAnswerer::exchange_all() {
    while (answer_one_batch()) {
    }
}

bool BatchAnswerer::answer_one_batch() {
    if (!peer_) peer_ = listener_.accept();
    while (waiting_ < depth_) {
        const std::string bytes = peer_->receive();
        if (bytes.empty()) return false;
        take(bytes);
    }
    // Nothing comes: the client has sent all that it may, and waits.
    if (answers_ == Answers::to_sleepers) take(peer_->receive(1, std::chrono::milliseconds{1}));
    waiting_ = 0;
    const bool sent = peer_->send(replies_.view());
    replies_.clear();
    return sent;
}

void BatchAnswerer::take(codec::Bytes chunk) {
    const auto status = reader_.feed(chunk, [&](codec::Bytes frame) {
        answer(frame);
        return true;
    });
    if (status != codec::MessageReader::Status::ok)
        throw std::runtime_error{"the client sends no MessagePack"};
}

void BatchAnswerer::answer(codec::Bytes frame) {
    codec::Message message;
    if (codec::parse_message(frame, message, codec::Shape::with_metadata) ||
        message.type != codec::MessageType::request) {
        throw std::runtime_error{"the client sends something else than requests"};
    }
    if (message.method.find("$/hello") != codec::Bytes::npos) {
        codec::Buffer out;
        codec::write_result_head(out, message.id);
        write_hello(out);
        peer_->send(out.view());
        return;
    }
    codec::write_result_head(replies_, message.id);
    codec::pack_unsigned(replies_, 3);
    ++waiting_;
}

}  // namespace rollcall::tests
