#pragma once
// A method named on the command line, with its arguments.

#include <rollcall/base/result.h>
#include <rollcall/codec/raw.h>
#include <rollcall/rpc/invocation.h>

#include "settings.h"

namespace rollcall::cli {

using UntypedInvocation = rpc::Invocation<codec::Raw>;

// The second name of the line is the method. An error names the argument that is no JSON.
[[nodiscard]] Result<UntypedInvocation> invocation_of(const CommandLine& line);

}  // namespace rollcall::cli
