#include "write_queue.h"

#include <algorithm>

namespace rollcall::rpc {
namespace {

// From this size on, taking a buffer over is cheaper than copying it.
constexpr std::size_t kTakeOverBytes = std::size_t{64} << 10U;

}  // namespace

std::deque<WriteQueue::Chunk>& WriteQueue::chunks() {
    if (!chunks_) chunks_ = std::make_unique<std::deque<Chunk>>();
    return *chunks_;
}

void WriteQueue::append(codec::Bytes bytes) {
    if (bytes.empty()) return;
    auto& all = chunks();
    if (all.empty() || all.back().shared || all.back().owned.size() >= kTakeOverBytes)
        all.emplace_back();
    all.back().owned.append(bytes);
    bytes_ += bytes.size();
}

void WriteQueue::append(codec::Buffer& buffer, std::size_t begin) {
    const codec::Bytes rest = buffer.view().substr(begin);
    // A few bytes must not keep the memory of a large buffer.
    if (rest.size() < kTakeOverBytes || buffer.capacity() > 2 * rest.size()) {
        append(rest);
        buffer.clear();
        return;
    }
    bytes_ += rest.size();
    Chunk& chunk = chunks().emplace_back();
    chunk.owned = std::move(buffer);
    chunk.begin = begin;
}

void WriteQueue::append(std::shared_ptr<const codec::Buffer> body) {
    bytes_ += body->size();
    chunks().emplace_back().shared = std::move(body);
}

std::span<const asio::const_buffer> WriteQueue::front(Chunks& to) const {
    std::size_t count = 0;
    if (chunks_) {
        for (const Chunk& chunk : *chunks_) {
            if (count == to.size()) break;
            const codec::Bytes view = chunk.view();
            to[count++] = asio::const_buffer{view.data(), view.size()};
        }
    }
    return {to.data(), count};
}

void WriteQueue::clear() noexcept {
    chunks_.reset();
    bytes_ = 0;
}

void WriteQueue::consume(std::size_t bytes) {
    bytes_ -= bytes;
    while (bytes > 0) {
        Chunk& first = chunks_->front();
        const std::size_t taken = std::min(bytes, first.view().size());
        first.begin += taken;
        bytes -= taken;
        if (first.view().empty()) chunks_->pop_front();
    }
    if (bytes_ == 0) chunks_.reset();
}

}  // namespace rollcall::rpc
