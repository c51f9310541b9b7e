#pragma once
// The closed list of what can go wrong, as a std::error_code category.

#include <string_view>
#include <system_error>

namespace rollcall {

// Two families. Transport errors were found on this side of the wire; remote errors were sent by
// the peer. Two belong to both: a server, too, may find that time is up or hear of a cancellation.
// Whether a failed request may have been executed is not told by the code but by Error::sent().
enum class Errc {
    // Transport: found here.
    resolve_failed = 1,  // the host name has no address, or the resolver did not answer
    connect_failed,      // no connection could be made
    timed_out,           // the deadline passed before a reply came [TIMED_OUT]
    connection_lost,     // the connection ended with the call under way
    message_too_large,   // a message exceeds the limit, ours or the peer's; nothing was sent
    protocol_error,      // the peer sent bytes that are not MessagePack-RPC
    invalid_result,      // the reply does not convert to the type that was asked for
    shutting_down,       // this client or server is being stopped
    cancelled,           // the caller cancelled the call [CANCELLED]
    would_deadlock,      // a blocking call on an I/O thread, which would wait for itself
    no_instances,        // discovery knows no instance of the service
    registry_failed,     // the registry could not be reached or refused the request
    file_failed,         // a file could not be read or written
    invalid_argument,    // an argument of a local function is not valid (address, option, URL)

    // Remote: sent by the peer. The names in brackets are the spelling on the wire. A handler that
    // returns method_not_found, invalid_arguments, invalid_request, unauthenticated, unavailable or
    // overloaded promises that it has done nothing: callers may repeat the call elsewhere even if
    // the method is not idempotent.
    method_not_found,   // no such method [NOT_FOUND]
    invalid_arguments,  // the arguments do not fit the method [INVALID_ARGUMENT]
    handler_failed,     // the handler threw [HANDLER_FAILED]
    invalid_request,    // a well-formed message that is no valid request [INVALID_REQUEST]
    unauthenticated,    // the connection carries no valid token [UNAUTHENTICATED]
    unavailable,        // the peer refuses new work; the request was not executed [UNAVAILABLE]
    overloaded,         // too much to do, the peer or this client; not executed [OVERLOADED]
    result_too_large,   // the handler's result exceeds the message limit [RESULT_TOO_LARGE]
    stream_failed,      // a stream broke a rule or a limit, or is over already [STREAM_FAILED]
    remote_error,       // any other error of the peer: message and data are its own
    unknown,            // a code of a newer peer
};

// The spelling of a remote code on the wire ("NOT_FOUND"), empty for remote_error and for
// the other transport errors, which never travel.
[[nodiscard]] std::string_view wire_name(Errc code) noexcept;

// The code of a wire spelling; Errc::unknown if there is none.
[[nodiscard]] Errc errc_from_wire_name(std::string_view name) noexcept;

// The enumerator's own name ("timed_out"), for logs and machines.
[[nodiscard]] std::string_view name_of(Errc code) noexcept;

[[nodiscard]] const std::error_category& rollcall_category() noexcept;
[[nodiscard]] std::error_code make_error_code(Errc code) noexcept;

}  // namespace rollcall

template <>
struct std::is_error_code_enum<rollcall::Errc> : std::true_type {};
