#pragma once
// A context that follows its files.

#include <rollcall/base/result.h>
#include <rollcall/tls/context.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::tls {

// Certificates and keys are renewed while a program runs. Connections that are open keep the
// context that they were made of. Thread safety: any thread.
class FreshContext {
public:
    using Make = std::function<Result<Context>()>;

    // Reads nothing yet. `files` are those that `make` reads; empty names are left out.
    FreshContext(std::vector<std::string> files, Make make);

    // The newest one that could be made; null before the first.
    [[nodiscard]] Context get() const;

    // Makes a new one now. After an error get() is what it was before.
    [[nodiscard]] Result<void> reload();

    // The same if a file has changed since the last attempt, or if that attempt has failed: a
    // certificate and a key that are written one after the other do not fit together for a moment.
    // True if there is a new one. Looks at names, times and sizes, which costs microseconds.
    [[nodiscard]] Result<bool> refresh();

private:
    // Of one file; all zero if it is not there.
    struct Stamp {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t changed_ns = 0;

        friend bool operator==(const Stamp&, const Stamp&) = default;
    };

    [[nodiscard]] std::vector<Stamp> look() const;
    [[nodiscard]] Result<void> reload_locked(std::vector<Stamp> seen);

    const std::vector<std::string> files_;
    const Make make_;
    mutable std::mutex mutex_;
    Context context_;
    std::vector<Stamp> seen_;  // before the last attempt
    bool failed_ = true;       // that attempt
};

}  // namespace rollcall::tls
