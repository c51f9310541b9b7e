// Each of five servers is restarted once. A minute of it: rolling_restart_long_test.cpp.
#include "rolling_restart.h"

#include <csignal>

namespace rollcall::tests {
namespace {

class RollingRestart : public RollingRestartFixture {
protected:
    static bool once_each(std::size_t restarts) { return restarts < kServers; }
};

TEST_P(RollingRestart, BySigtermFailsNoCall) {
    restart(SIGTERM, false, once_each);
}

TEST_P(RollingRestart, BySigkillFailsNoIdempotentCall) {
    restart(SIGKILL, true, once_each);
}

INSTANTIATE_TEST_SUITE_P(, RollingRestart, ::testing::ValuesIn(registry_kinds()), kind_of);

}  // namespace
}  // namespace rollcall::tests
