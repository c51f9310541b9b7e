#include <rollcall/rpc/stream_ends.h>

namespace rollcall::rpc::detail {

asio::awaitable<Result<void>> write_awaited(
    StreamPipePtr pipe, codec::Buffer item, Result<bool> taken
) {
    while (taken && !*taken) {
        Result<void> waited = co_await async_wait(pipe, StreamDirection::out);
        if (!waited) co_return waited.error();
        taken = pipe->write(item);
    }
    if (!taken) co_return taken.error();
    co_return Result<void>{};
}

Result<void> write_blocking(StreamPipe& pipe, codec::Buffer& item) {
    for (;;) {
        const Result<bool> taken = pipe.write(item);
        if (!taken) return taken.error();
        if (*taken) return {};
        if (auto waited = pipe.wait(StreamDirection::out); !waited) return waited.error();
    }
}

}  // namespace rollcall::rpc::detail
