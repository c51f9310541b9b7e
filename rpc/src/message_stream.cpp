#include "message_stream.h"

#include <asio/error.hpp>

namespace rollcall::rpc {

MessageStream::ReadStatus MessageStream::status_of(codec::MessageReader::Status status) {
    switch (status) {
        case codec::MessageReader::Status::ok:
            return ReadStatus::ok;
        case codec::MessageReader::Status::too_large:
            error_ = "a message exceeds the size limit";
            break;
        case codec::MessageReader::Status::too_deep:
            error_ = "a message is nested too deeply";
            break;
        case codec::MessageReader::Status::invalid:
            error_ = "the bytes are not MessagePack";
            break;
    }
    return ReadStatus::refused;
}

MessageStream::ReadStatus MessageStream::status_of(const asio::error_code& ec) {
    if (ec == asio::error::would_block || ec == asio::error::try_again) return ReadStatus::nothing;
    error_ = transport_.words_for(ec);
    return ec == asio::error::eof ? ReadStatus::ended : ReadStatus::broken;
}

bool MessageStream::send(codec::Buffer& out) {
    if (!queue_.empty()) {
        queue_.append(out, 0);
        return send_queued();
    }
    if (out.empty()) return true;
    asio::error_code ec;
    const std::size_t bytes = transport_.write_some(asio::buffer(out.data(), out.size()), ec);
    if (ec && ec != asio::error::would_block && ec != asio::error::try_again) {
        error_ = transport_.words_for(ec);
        return false;
    }
    written_ += bytes;
    if (bytes < out.size()) {
        queue_.append(out, bytes);
    } else {
        out.clear();
    }
    return true;
}

bool MessageStream::send_queued() {
    while (!queue_.empty()) {
        WriteQueue::Chunks chunks;
        asio::error_code ec;
        const std::size_t bytes = transport_.write_some(queue_.front(chunks), ec);
        if (ec == asio::error::would_block || ec == asio::error::try_again) return true;
        if (ec) {
            error_ = transport_.words_for(ec);
            return false;
        }
        written_ += bytes;
        queue_.consume(bytes);
    }
    return true;
}

}  // namespace rollcall::rpc
