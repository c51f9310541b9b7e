#include "stream_limits.h"

#include "stream_state.h"

#include <stdexcept>
#include <string>

namespace rollcall::rpc {

void check_streams(const char* whose, const StreamOptions& options) {
    const auto require = [&](bool holds, const char* sentence) {
        if (!holds) throw std::invalid_argument{std::string{whose} + "::streams." + sentence};
    };
    require(options.max_streams > 0, "max_streams must be positive");
    require(
        options.window > 0 && options.window <= kMaxStreamCredit,
        "window must be from 1 to 2^31 - 1"
    );
    require(
        options.max_window >= options.window && options.max_window <= kMaxStreamCredit,
        "max_window must be from window to 2^31 - 1"
    );
    require(options.idle_timeout > Duration::zero(), "idle_timeout must be positive");
}

}  // namespace rollcall::rpc
