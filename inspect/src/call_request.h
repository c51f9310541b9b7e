#pragma once
// POST /rpc/METHOD as a call, and the call's outcome as an answer. No I/O.

#include <rollcall/codec/raw.h>
#include <rollcall/http/request.h>
#include <rollcall/http/response.h>
#include <rollcall/inspect/inspector.h>
#include <rollcall/rpc/invocation.h>

#include <variant>

namespace rollcall::inspect {

// The call that a request asks for, or the answer to one that asks wrongly.
[[nodiscard]] std::variant<rpc::Invocation<codec::Raw>, http::Response> call_of(
    const http::Request& request, const InspectorOptions& options
);

// The result as JSON, or the error with the status that fits it.
[[nodiscard]] http::Response answer_of(const Result<codec::Raw>& outcome);

}  // namespace rollcall::inspect
