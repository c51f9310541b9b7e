#pragma once
// Threads of the libraries: they never take a signal that is meant for the program.

#include <csignal>
#include <functional>
#include <thread>

namespace rollcall {

// Blocks every signal in the calling thread, except for faults of the thread itself and SIGPROF,
// while it lives and restores the mask afterwards.
// Threads started meanwhile inherit the blocked mask.
class SignalsBlocked {
public:
    SignalsBlocked();
    ~SignalsBlocked();
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t previous_{};
};

// Starts a thread with SignalsBlocked (SIGPIPE included: httplib and OpenSSL write without
// MSG_NOSIGNAL) and a name of at most 15 bytes that shows in ps, top and gdb.
[[nodiscard]] std::thread start_thread(const char* name, std::function<void()> body);

}  // namespace rollcall
