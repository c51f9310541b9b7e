#include <rollcall/base/thread.h>

#include <pthread.h>
#include <utility>

namespace rollcall {

SignalsBlocked::SignalsBlocked() {
    sigset_t blocked;
    sigfillset(&blocked);
    // A fault belongs to the thread that makes it: blocked, it would end the process before the
    // program's own handler has seen it. A profiler's ticks go to every thread.
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPROF})
        sigdelset(&blocked, signal);
    pthread_sigmask(SIG_SETMASK, &blocked, &previous_);
}

SignalsBlocked::~SignalsBlocked() {
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

std::thread start_thread(const char* name, std::function<void()> body) {
    const SignalsBlocked blocked;
    std::thread thread{std::move(body)};
    pthread_setname_np(thread.native_handle(), name);
    return thread;
}

}  // namespace rollcall
