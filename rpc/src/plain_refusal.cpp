#include "plain_refusal.h"

namespace rollcall::rpc {
namespace {

// What is looked at of a peer's requests, to answer them.
constexpr std::size_t kMostBytes = std::size_t{64} << 10U;

}  // namespace

bool PlainRefusal::says_hello(const codec::Message& message) const {
    if (!is_first_ || !goaway_ || message.method != kHelloMethod) return false;
    const auto hello = read_hello_params(message.params);
    return hello && hello->features.has(Feature::goaway);
}

PlainRefusal::Said PlainRefusal::answer(codec::Bytes bytes) {
    Said said;
    heard_ += bytes.size();
    const auto status = reader_.feed(bytes, [&](codec::Bytes frame) {
        codec::Message message;
        const bool is_request =
            !codec::parse_message(frame, message) && message.type == codec::MessageType::request;
        if (is_request && says_hello(message)) {
            // It says that nothing was executed: what follows needs no answers.
            write_goaway(said.bytes, *goaway_);
            said.is_last = true;
            return false;
        }
        is_first_ = false;
        if (is_request) codec::write_error_response(said.bytes, message.id, text_);
        return true;
    });
    if (status != codec::MessageReader::Status::ok || heard_ > kMostBytes) said.is_last = true;
    return said;
}

}  // namespace rollcall::rpc
