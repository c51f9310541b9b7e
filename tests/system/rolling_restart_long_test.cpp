// Label long: for a minute, one server after the other is restarted.
#include "rolling_restart.h"

#include <csignal>

namespace rollcall::tests {
namespace {

class AMinuteOfRestarts : public RollingRestartFixture {
protected:
    void restart_for_a_minute(int signal, bool idempotent) {
        const TimePoint end = SteadyClock::now() + std::chrono::minutes{1};
        restart(signal, idempotent, [end](std::size_t) { return SteadyClock::now() < end; });
    }
};

TEST_P(AMinuteOfRestarts, BySigtermFailsNoCall) {
    restart_for_a_minute(SIGTERM, false);
}

TEST_P(AMinuteOfRestarts, BySigkillFailsNoIdempotentCall) {
    restart_for_a_minute(SIGKILL, true);
}

INSTANTIATE_TEST_SUITE_P(, AMinuteOfRestarts, ::testing::ValuesIn(registry_kinds()), kind_of);

}  // namespace
}  // namespace rollcall::tests
