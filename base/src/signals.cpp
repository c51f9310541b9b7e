#include <rollcall/base/signals.h>

#include <csignal>
#include <pthread.h>

namespace rollcall {
namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

void hold_signals() {
    const sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int wait_for_signal() {
    hold_signals();
    const sigset_t set = stop_signals();
    int number = 0;
    while (sigwait(&set, &number) != 0) {
    }
    // From here on the default applies again: a second signal ends the process at once.
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    return number;
}

}  // namespace rollcall
