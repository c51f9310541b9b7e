#pragma once
// Errors on the wire.

#include <rollcall/base/error.h>
#include <rollcall/codec/buffer.h>
#include <rollcall/codec/limits.h>

#include <string>
#include <string_view>

namespace rollcall::codec {

// The string that stands for an error: "NOT_FOUND: no method 'ad'". A string is the only shape
// that Neovim, rpclib and the Python clients show to their users. An error without a wire name is
// its message alone.
[[nodiscard]] std::string error_text(Errc code, std::string_view message);

// The code whose wire name and ": " begin the text, Errc::unknown if there is none.
[[nodiscard]] Errc code_in_front(std::string_view text);

// Reads whatever a peer sends as its error: a string with or without one of our names in front, an
// integer, [code, message], [code, message, data], a map with "message". Anything but a plain
// string is kept as bytes in Error::data(). The error is marked maybe_sent, except for codes that
// promise that nothing was executed. Only a peer that is known to give these codes that meaning can
// be believed: from a plain peer UNAVAILABLE and OVERLOADED may be any handler's own words.
[[nodiscard]] Error read_error(Bytes error);

// [code, message, data] for peers that are known to read it: the code's wire name, "ERROR" for one
// without; data is Error::data() if that is one packed value, else nil. In a response that may be
// nested no deeper than `max_depth`: data that does not fit is left out, and the message says so.
void pack_error(Buffer& out, const Error& error, std::size_t max_depth = Limits{}.max_depth);

// Reads what pack_error() writes; anything else as read_error() does. A name that this version does
// not know is Errc::unknown, with the name in front of the message.
[[nodiscard]] Error read_packed_error(Bytes error);

}  // namespace rollcall::codec
