#pragma once
// What the servers of the soak can do.

#include <rollcall/rpc/method.h>
#include <rollcall/rpc/stream.h>

#include <string>
#include <string_view>

namespace rollcall::soak {

inline constexpr std::string_view kService = "soak";
inline constexpr std::string_view kEncryptedService = "soak-encrypted";

inline constexpr rpc::Method<int(int, int)> kAdd{"add", rpc::idempotent};
// The same by a coroutine, and on the pool.
inline constexpr rpc::Method<int(int, int)> kAddLater{"add_later", rpc::idempotent};
inline constexpr rpc::Method<int(int, int)> kAddOnPool{"add_on_pool", rpc::idempotent};
inline constexpr rpc::Method<std::string(std::string)> kEcho{"echo", rpc::idempotent};
// The server calls the client's kAdd meanwhile.
inline constexpr rpc::Method<int(int, int)> kAskBack{"ask_back"};

// What ends otherwise than with a result.
inline constexpr rpc::Method<int(int)> kSleep{"sleep"};  // so many milliseconds
inline constexpr rpc::Method<int()> kRefuse{"refuse"};
inline constexpr std::string_view kRefusal = "this is refused";

inline constexpr rpc::Method<rpc::Stream<int>(int)> kCount{"count"};  // 1 to so many
inline constexpr rpc::Method<int(rpc::Stream<int>)> kSum{"sum"};
inline constexpr rpc::Method<rpc::Stream<int>(rpc::Stream<int>)> kTwice{"twice"};
inline constexpr rpc::Method<rpc::Stream<int>()> kEndless{"endless"};

}  // namespace rollcall::soak
