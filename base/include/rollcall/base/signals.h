#pragma once

// The end of a program that was asked to stop, and the wish that it read its files again.

#include <functional>

namespace rollcall {

// Waits for SIGINT or SIGTERM and returns its number. Call it on the main thread. Threads of the
// libraries have these signals blocked; a thread of your own that does not would end the process
// instead. A second signal, during the graceful stop, ends the process at once.
int wait_for_signal();

// The same, and each SIGHUP that comes before calls `on_hangup` on this thread. SIGHUP no longer
// ends the process, during the graceful stop neither. Several that come together may be one call.
int wait_for_signal(const std::function<void()>& on_hangup);

// What SIGHUP means to the program: the terminal has gone, or its files have changed.
enum class Hangup { ends, reloads };

// Blocks SIGINT and SIGTERM in the calling thread from now on, so that a signal that comes before
// wait_for_signal() is kept for it; SIGHUP too if it `reloads`. Threads started later inherit
// this. Call it first in main().
void hold_signals(Hangup hangup = Hangup::ends);

}  // namespace rollcall
