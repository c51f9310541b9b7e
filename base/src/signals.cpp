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

// Waits for one of `held`, which are blocked.
int next_of(const sigset_t& held) {
    int number = 0;
    while (sigwait(&held, &number) != 0) {
    }
    return number;
}

// From here on the default applies again: a second signal ends the process at once.
int stopped_by(int number) {
    const sigset_t set = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    return number;
}

}  // namespace

void hold_signals(Hangup hangup) {
    sigset_t set = stop_signals();
    if (hangup == Hangup::reloads) sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int wait_for_signal() {
    hold_signals();
    return stopped_by(next_of(stop_signals()));
}

int wait_for_signal(const std::function<void()>& on_hangup) {
    hold_signals(Hangup::reloads);
    sigset_t set = stop_signals();
    sigaddset(&set, SIGHUP);
    for (;;) {
        const int number = next_of(set);
        if (number != SIGHUP) return stopped_by(number);
        on_hangup();
    }
}

}  // namespace rollcall
