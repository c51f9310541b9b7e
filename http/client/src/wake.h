#pragma once
// A flag that another thread can raise and poll() can wait for.

#include <atomic>

namespace rollcall::http {

// Owns an eventfd. If the process has no descriptor left, raise() is only seen by raised(): a
// wait then ends at its deadline instead of at once.
// Thread safety: raise() and raised() from any thread.
class Wake {
public:
    Wake();
    ~Wake();
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

    // Stays raised.
    void raise() noexcept;
    [[nodiscard]] bool raised() const noexcept;

    // Readable once it was raised; -1 if there is none, which poll() ignores.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_;
    std::atomic<bool> raised_{false};
};

}  // namespace rollcall::http
