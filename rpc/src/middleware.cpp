#include <rollcall/rpc/middleware.h>

namespace rollcall::rpc {

void Middleware::leave(Exchange&, const Outcome&) noexcept {
}

}  // namespace rollcall::rpc
