#pragma once
// The contract of the calculator: what its server and its clients have in common.

#include <rollcall/codec/raw.h>
#include <rollcall/rpc/method.h>

#include <string>

namespace calculator {

using rollcall::rpc::idempotent;
using rollcall::rpc::Method;

inline constexpr Method<int(int, int)> add{"add", idempotent};
// Any value, unchanged.
inline constexpr Method<rollcall::codec::Raw(rollcall::codec::Raw)> echo{"echo", idempotent};
// The endpoint of the server that answers.
inline constexpr Method<std::string()> whoami{"whoami", idempotent};
// Answers after so many milliseconds.
inline constexpr Method<void(int)> sleep{"sleep"};
// Always fails, with that message.
inline constexpr Method<void(std::string)> fail{"fail"};

}  // namespace calculator
