#include <rollcall/codec/error_codec.h>
#include <rollcall/codec/reader.h>

namespace rollcall::codec {
namespace {

// Codes with which a peer promises that it has executed nothing.
Sent sent_by(Errc code) {
    switch (code) {
        case Errc::method_not_found:
        case Errc::invalid_arguments:
        case Errc::invalid_request:
        case Errc::unauthenticated:
        case Errc::unavailable:
        case Errc::overloaded:
            return Sent::not_sent;
        default:
            return Sent::maybe_sent;
    }
}

Error from_text(std::string_view text) {
    if (const Errc code = code_in_front(text); code != Errc::unknown) {
        return Error{code, std::string{text.substr(wire_name(code).size() + 2)}}.with_sent(
            sent_by(code)
        );
    }
    return Error{Errc::remote_error, std::string{text}}.with_sent(Sent::maybe_sent);
}

// The message inside an error of a foreign shape, empty if there is none.
std::string_view message_within(Bytes error) {
    Reader reader{error};
    if (const auto elements = reader.read_array()) {
        for (std::uint32_t i = 0; i < *elements; ++i) {
            if (const auto text = reader.read_text()) return *text;
            static_cast<void>(reader.skip());
        }
        return {};
    }
    const std::uint32_t pairs = reader.read_map().value_or(0);
    for (std::uint32_t i = 0; i < pairs; ++i) {
        Reader key{reader.skip()};
        Reader value{reader.skip()};
        if (key.read_text() == "message") return value.read_text().value_or(std::string_view{});
    }
    return {};
}

}  // namespace

std::string error_text(Errc code, std::string_view message) {
    std::string text{wire_name(code)};
    if (!text.empty()) text += ": ";
    text += message;
    return text;
}

Errc code_in_front(std::string_view text) {
    const auto colon = text.find(": ");
    if (colon == std::string_view::npos) return Errc::unknown;
    return errc_from_wire_name(text.substr(0, colon));
}

Error read_error(Bytes error) {
    Reader reader{error};
    if (const auto text = reader.read_text()) return from_text(*text);
    std::string message{message_within(error)};
    if (message.empty()) message = "the peer's error is " + reader.describe();
    return Error{Errc::remote_error, std::move(message)}
        .with_data(std::string{error})
        .with_sent(Sent::maybe_sent);
}

}  // namespace rollcall::codec
