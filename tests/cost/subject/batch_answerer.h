#pragma once
// A server by hand that answers in batches: the client's costs depend on nothing else.

#include <rollcall/codec/buffer.h>
#include <rollcall/codec/message_reader.h>

#include "support/raw_peer.h"

#include <cstddef>
#include <optional>

namespace rollcall::tests {

// Waits for as many requests as there are calls in flight and answers all of them in one write. To
// the client it is a Rollcall server, so requests come with their deadlines; the result is always
// 3. Serves one connection. One thread, and any other for the endpoint.
class BatchAnswerer {
public:
    enum class Answers {
        at_once,
        to_sleepers,  // a millisecond later: the client waits by then, in the kernel
    };

    BatchAnswerer(std::size_t depth, Answers answers) : depth_(depth), answers_(answers) {}

    [[nodiscard]] Endpoint endpoint() const { return listener_.endpoint(); }

    // Answers so many batches. Throws std::runtime_error if there are no more requests.
    void exchange(std::size_t batches);

    // The same until the client leaves.
    void exchange_all();

private:
    // False if the client has left.
    bool answer_one_batch();
    void take(codec::Bytes chunk);
    void answer(codec::Bytes frame);

    const std::size_t depth_;
    const Answers answers_;
    RawListener listener_;
    std::optional<RawPeer> peer_;
    codec::MessageReader reader_{codec::Limits{}};
    codec::Buffer replies_;
    std::size_t waiting_ = 0;  // requests in replies_
};

}  // namespace rollcall::tests
