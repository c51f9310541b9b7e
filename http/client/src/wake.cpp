#include "wake.h"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace rollcall::http {

Wake::Wake() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
}

Wake::~Wake() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void Wake::raise() noexcept {
    raised_ = true;
    const std::uint64_t one = 1;
    // Cannot fail but for a counter that is full, and then it is readable already.
    [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

bool Wake::raised() const noexcept {
    return raised_;
}

}  // namespace rollcall::http
