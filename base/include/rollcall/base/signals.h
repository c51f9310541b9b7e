#pragma once

// The end of a program that was asked to stop.

namespace rollcall {

// Waits for SIGINT or SIGTERM and returns its number. Call it on the main thread. Threads of the
// libraries have these signals blocked; a thread of your own that does not would end the process
// instead. A second signal, during the graceful stop, ends the process at once.
int wait_for_signal();

// Blocks SIGINT and SIGTERM in the calling thread from now on, so that a signal that comes before
// wait_for_signal() is kept for it. Threads started later inherit this. Call it first in main().
void hold_signals();

}  // namespace rollcall
