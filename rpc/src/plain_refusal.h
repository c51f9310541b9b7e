#pragma once
// Answers to the requests of a peer that is not served, none of which is executed.

#include <rollcall/base/error.h>
#include <rollcall/codec/error_codec.h>
#include <rollcall/codec/message.h>
#include <rollcall/codec/message_reader.h>

#include "hello.h"

#include <optional>
#include <string>
#include <utility>

namespace rollcall::rpc {

// What is said depends on what is asked: a plain peer gets errors, one that says hello the goaway.
// Reads as much as a client sends before it waits for an answer. One thread at a time.
class PlainRefusal {
public:
    struct Said {
        codec::Buffer bytes;   // to be sent
        bool is_last = false;  // there is nothing more to say
    };

    // `goaway`, if given, is said to a peer whose first message is a hello that knows it.
    explicit PlainRefusal(Error why, std::optional<Goaway> goaway = std::nullopt)
        : text_(codec::error_text(why.code(), why.message())), goaway_(std::move(goaway)) {}

    // What there is to say to the messages that are whole now.
    [[nodiscard]] Said answer(codec::Bytes bytes);

private:
    [[nodiscard]] bool says_hello(const codec::Message& message) const;

    const std::string text_;
    const std::optional<Goaway> goaway_;
    codec::MessageReader reader_{codec::Limits{}};
    std::size_t heard_ = 0;
    bool is_first_ = true;
};

}  // namespace rollcall::rpc
