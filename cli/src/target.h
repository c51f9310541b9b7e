#pragma once
// Whom a command calls: one server, or a service whose instances a registry lists.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/rpc/io_threads.h>

#include "invocation.h"

#include <functional>
#include <memory>
#include <string>

namespace rollcall::cli {

using UntypedResult = Result<codec::Raw>;

// Thread safety: any thread.
class Target {
public:
    Target() = default;
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;
    virtual ~Target() = default;

    [[nodiscard]] virtual Result<void> wait_ready(Deadline deadline) = 0;
    [[nodiscard]] virtual UntypedResult call(UntypedInvocation invocation) = 0;
    // `done` runs on a thread of the group that the target was opened with.
    virtual void start(UntypedInvocation invocation, std::function<void(UntypedResult)> done) = 0;
};

// `text` is host:port, [v6]:port, unix:/path or the name of a service. `io` is the group of I/O
// threads that is used, by default the process's own. An invalid text is an error that says what is
// wrong.
[[nodiscard]] Result<std::unique_ptr<Target>> open_target(
    const std::string& text, const Settings& settings, rpc::IoThreads io = rpc::IoThreads()
);

}  // namespace rollcall::cli
