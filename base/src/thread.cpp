#include <rollcall/base/thread.h>

#include <pthread.h>
#include <utility>

namespace rollcall {

SignalsBlocked::SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous_);
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
