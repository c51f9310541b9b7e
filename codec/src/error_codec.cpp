#include <rollcall/codec/error_codec.h>
#include <rollcall/codec/message.h>
#include <rollcall/codec/pack.h>
#include <rollcall/codec/reader.h>
#include <rollcall/codec/scanner.h>

#include <algorithm>

namespace rollcall::codec {
namespace {

// Of errors that are the handler's own.
constexpr std::string_view kOwnError = "ERROR";

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

// Containers of a response around the data of its error.
constexpr std::size_t kAroundData = 2;

// Complete: it is one value that may stand in a response.
ScanStatus look_at_data(Bytes data, std::size_t max_depth) {
    Limits limits;
    limits.max_message_bytes = data.size();
    limits.max_depth = max_depth - std::min(max_depth, kAroundData);
    Scanner scanner{limits};
    const ScanStatus status = scanner.scan(data.data(), data.size());
    const bool has_more = status == ScanStatus::complete && scanner.size() != data.size();
    return has_more ? ScanStatus::invalid : status;
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

void pack_error(Buffer& out, const Error& error, std::size_t max_depth) {
    const std::string_view name = wire_name(error.code());
    pack_array_head(out, 3);
    pack_str(out, name.empty() ? kOwnError : name);
    const ScanStatus data = look_at_data(error.data(), max_depth);
    if (data == ScanStatus::too_deep) {
        const std::string limit = std::to_string(max_depth);
        pack_str(
            out,
            error.message() + " (its data is left out: it would be nested deeper than " + limit +
                " in the response)"
        );
    } else {
        pack_str(out, error.message());
    }
    out.append(data == ScanStatus::complete ? Bytes{error.data()} : kNil);
}

Error read_packed_error(Bytes error) {
    Reader reader{error};
    if (reader.read_array() != 3U) return read_error(error);
    const auto name = reader.read_text();
    const auto message = name ? reader.read_text() : std::nullopt;
    if (!message) return read_error(error);
    const Bytes data = reader.rest();
    const Errc code = *name == kOwnError ? Errc::remote_error : errc_from_wire_name(*name);
    std::string text{*message};
    if (code == Errc::unknown) text = std::string{*name} + ": " + text;
    return Error{code, std::move(text)}
        .with_data(data == kNil ? std::string{} : std::string{data})
        .with_sent(sent_by(code));
}

}  // namespace rollcall::codec
