#include "support/eventually.h"

#include <rollcall/base/deadline.h>

#include <poll.h>

namespace rollcall::tests {

bool eventually(const std::function<bool()>& holds, Duration limit) {
    const Deadline deadline = Deadline::in(limit);
    while (!holds()) {
        if (deadline.expired()) return holds();
        ::poll(nullptr, 0, 2);
    }
    return true;
}

}  // namespace rollcall::tests
